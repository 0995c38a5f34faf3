"""Put an organisation's prefix before every physical name of a set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from payflow_cfn.aws.names import NAMED
from payflow_cfn.aws.values import listed
from payflow_cfn.config.names import prefix_limit, prefixed
from payflow_cfn.stacks.draft import Document, Draft

_ENVIRONMENT = "Environment"
_POLICY, _POLICY_LIMIT = "PolicyName", 128  # of a policy inside a role


def with_prefix(draft: Draft) -> Draft:
    """The draft with its prefix before each name, and an environment that is so short that every name fits."""
    if not draft.prefix:
        return draft
    extra = {text: limit for each in draft.stacks.values() for text, limit in _names(each)}
    limit = prefix_limit(draft.prefix, extra)
    stacks = {name: _shortened(prefixed(dict(each), draft.prefix, extra), limit) for name, each in draft.stacks.items()}
    facts = {**draft.parameters[_ENVIRONMENT], "MaxLength": limit}
    return replace(draft, stacks=stacks, parameters={**draft.parameters, _ENVIRONMENT: facts})


def _names(template: Document) -> Iterator[tuple[str, int]]:
    """The names in a template that hold the environment and nothing else that is open, with their limits."""
    for resource in template.get("Resources", {}).values():
        properties = resource.get("Properties", {})
        policies = listed(properties.get("Policies"))
        found = [(each[_POLICY], _POLICY_LIMIT) for each in policies if isinstance(each, Mapping) and _POLICY in each]
        if resource.get("Type") in NAMED:
            key, limit = NAMED[resource["Type"]]
            found.append((properties.get(key), limit))
        for given, limit in found:
            text = given.get("Fn::Sub") if isinstance(given, Mapping) else None
            if isinstance(text, str) and "${Environment}" in text:
                yield text, limit


def _shortened(template: dict[str, Any], limit: int) -> dict[str, Any]:
    known = template.get("Parameters", {})
    if _ENVIRONMENT not in known:
        return template
    return {**template, "Parameters": {**known, _ENVIRONMENT: {**known[_ENVIRONMENT], "MaxLength": limit}}}
