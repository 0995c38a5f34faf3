"""The same template in YAML, with CloudFormation's short forms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml


class Short(yaml.SafeDumper):  # type: ignore[misc]
    """Writes {"Fn::Sub": x} as !Sub x; a Ref and a GetAtt, too."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _mapping(dumper: Short, value: dict[str, Any]) -> yaml.Node:
    names = list(value)
    if len(names) == 1 and (names[0].startswith("Fn::") or names[0] == "Ref"):
        node = dumper.represent_data(_argument(names[0], value[names[0]]))
        if not (isinstance(node, yaml.ScalarNode) and node.tag != "tag:yaml.org,2002:str") and node.tag[0] != "!":
            node.tag = f"!{names[0].removeprefix('Fn::')}"
            return node
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=False)


def _argument(name: str, argument: Any) -> Any:
    dotted = name == "Fn::GetAtt" and all(isinstance(each, str) for each in argument)
    return ".".join(argument) if dotted else argument


Short.add_representer(dict, _mapping)


def as_yaml(text: str) -> str:
    """The YAML of a template in JSON."""
    return str(yaml.dump(json.loads(text), Dumper=Short, sort_keys=False, width=200, allow_unicode=True))


def yaml_set(templates: Mapping[str, str]) -> dict[str, str]:
    """A set with every template in YAML, and named so where a TemplateURL names it."""
    texts = {name: text.replace('.json"', '.yaml"') for name, text in templates.items()}
    return {name.replace(".json", ".yaml"): as_yaml(text) for name, text in texts.items()}
