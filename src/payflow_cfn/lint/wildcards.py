"""The rule about wildcards in policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ROOT, ParsedSet, walk
from payflow_cfn.aws.template import notes_of, prefix_of
from payflow_cfn.config.names import prefixed
from payflow_cfn.lint.findings import Breach, some
from payflow_cfn.lint.iam import flat
from payflow_cfn.lint.wildcard_allowlist import WILDCARDS


def wildcards_are_known(templates: ParsedSet) -> Iterator[Breach]:
    """PF022: each wildcard in an Allow, whole or partial, is in the row of WILDCARDS for its statement's Sid.

    So a wider permission needs a written reason (lint/wildcard_allowlist.py). A Deny gets stricter by its wildcards
    and needs no reason, except with NotAction, NotResource or NotPrincipal. In a key policy the Resource `*` means
    the key itself. In a condition a wildcard counts only where the operator interprets it
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege).
    """
    for stack, path, raw in some("policy statement", _statements(templates)):
        if _is_declared(templates, stack, path, raw):
            continue
        statement = expand(templates, stack, raw)
        known = _known(templates, stack, raw.get("Sid"))
        for each in sorted(set(_wild(statement, key="/KeyPolicy/" in path)) - known):
            yield Breach(stack, path, f"no row gives a reason for the wildcard {each}")


def _is_declared(templates: ParsedSet, stack: str, path: str, raw: Mapping[str, Any]) -> bool:
    """Whether an extension gave this very statement with a reason."""
    notes = notes_of(templates.templates[stack]["Resources"][path.split("/")[1]])
    needs = notes.get("needs")
    named = [each for statements in needs.values() for each in statements] if isinstance(needs, Mapping) else []
    return raw in named and bool(notes.get("why") or notes.get("reasons", {}).get(raw.get("Sid")))


def _statements(templates: ParsedSet) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for stack, logical, resource in templates.resources():
        for path, raw in walk(resource.get("Properties", {}), f"Resources/{logical}/Properties"):
            if isinstance(raw, dict) and "Effect" in raw:
                yield stack, path, raw


def _known(templates: ParsedSet, stack: str, sid: Any) -> set[str]:
    texts = WILDCARDS[sid].texts if sid in WILDCARDS else ()
    prefix = prefix_of(templates.templates.get(ROOT, {}))
    return {str(expand(templates, stack, {"Fn::Sub": prefixed(each, prefix)})) for each in texts}


def _wild(statement: Mapping[str, Any], *, key: bool) -> Iterator[str]:
    for field in ("NotAction", "NotResource", "NotPrincipal"):
        if field in statement:
            yield field
    if statement["Effect"] != "Allow":
        return
    for field in ("Action", "Resource"):
        for text in flat(statement.get(field)):
            if _has_wildcard(text) and not (key and (field, text) == ("Resource", "*")):
                yield f"{field} {text}"
    principal = statement.get("Principal")
    named = list(principal.values()) if isinstance(principal, dict) else [principal]
    yield from (f"Principal {text}" for text in flat(named) if _has_wildcard(text))
    yield from _wild_conditions(statement.get("Condition", {}))


def _wild_conditions(conditions: Mapping[str, Any]) -> Iterator[str]:
    for operator, block in conditions.items():
        if "Like" in operator or "Arn" in operator:
            for key, values in block.items():
                yield from (f"Condition {key} {text}" for text in flat(values) if _has_wildcard(text))


def _has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text
