"""Names and tags of an organisation, for every resource of the set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from payflow_cfn.config.names import prefix_limit
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions.plain import plain
from payflow_cfn.stacks.draft import Document, Draft
from payflow_cfn.stacks.template_base import tags


def name_prefix(payments: Draft, prefix: str) -> Draft:
    """Begin every physical name with `prefix`, such as "acme-": ours, and an extension's that holds the environment.

    It stands before the last part of a path, in every text that has the name. An environment's name may be shorter
    then: the parameter Environment says how long. The root stack keeps its name.
    """
    prefix_limit(prefix)
    return replace(payments.claimed("root/name prefix"), prefix=prefix)


def add_tags(payments: Draft, values: Mapping[str, str]) -> Draft:
    """Give these tags to every resource with the set's tags: ours, an extension's, and those that are added later.

    A resource that an extension adds with tags of its own keeps them.
    """
    for each in values:
        if each in payments.settings.tags:
            raise ExtensionError(f"the tag {each} is there", remedy="set it in payflow.toml or in one extension")
    changed = replace(payments, settings=replace(payments.settings, tags={**payments.settings.tags, **values}))
    pairs = [(set_tags(payments, each), set_tags(changed, each)) for each in ("array", "object")]
    return replace(changed, stacks={name: _retagged(each, pairs) for name, each in payments.stacks.items()})


def set_tags(payments: Draft, kind: str) -> Any:
    """The set's tags as a type takes them: "array" of keys and values, or "object"."""
    every = plain(tags(payments.settings))
    return every if kind == "array" else {each["Key"]: each["Value"] for each in every}


def _retagged(template: Document, pairs: list[tuple[Any, Any]]) -> Document:
    resources = {name: _with_tags(each, pairs) for name, each in template["Resources"].items()}
    return {**template, "Resources": resources}


def _with_tags(resource: Document, pairs: list[tuple[Any, Any]]) -> Document:
    properties = resource.get("Properties", {})
    found = next((new for old, new in pairs if properties.get("Tags") == old), None)
    return {**resource, "Properties": {**properties, "Tags": found}} if found else resource
