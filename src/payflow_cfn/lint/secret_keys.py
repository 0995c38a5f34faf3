"""The rule about a generated secret: the code reads it under the key that it has."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.row_attributes import codes_of

_READING = ("get_secret_value", "batch_get_secret_value")


def secrets_have_their_keys(templates: ParsedSet) -> Iterator[Breach]:
    """PF114: the key under which a secret is generated is one that the code of the set, or a template, names.

    The code looks for another key otherwise, and finds none. Where no function of the set reads secrets, or the code of
    one is unknown, nothing is checked
    (https://docs.aws.amazon.com/secretsmanager/latest/userguide/cfn-example_reference-secret.html).
    """
    secrets = [
        (stack, logical, given["GenerateStringKey"])
        for stack, logical, resource in templates.resources("AWS::SecretsManager::Secret")
        for given in (resource.get("Properties", {}).get("GenerateSecretString"),)
        if isinstance(given, dict) and isinstance(given.get("GenerateStringKey"), str)
    ]
    codes = codes_of(templates) if secrets else None
    names = {node.attr for code in codes or () for node in code.nodes if isinstance(node, ast.Attribute)}
    if codes is None or not names & set(_READING):
        return
    for stack, logical, key in secrets:
        resolved = any(f":SecretString:{key}" in text for text in templates.texts.values())
        if not resolved and not any(key in code.texts for code in codes):
            path = f"Resources/{logical}/Properties/GenerateSecretString/GenerateStringKey"
            yield Breach(stack, path, f"no code reads the key {json.dumps(key)} of a secret")
