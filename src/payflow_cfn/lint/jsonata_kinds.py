"""Kinds of values in JSONata: what a tree evaluates to where that is certain, and operators that cannot take it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_OPERATORS = {
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "and", "or", "in"), "boolean"),
    **dict.fromkeys(("+", "-", "*", "/", "%"), "number"),
    "&": "string",
    "..": "array",
}
_UNARY = {"-": "number", "[": "array", "{": "object"}
# https://docs.jsonata.org/string-functions and the pages beside it
_RESULTS = {
    **dict.fromkeys(("boolean", "contains", "exists", "not"), "boolean"),
    **dict.fromkeys(
        ("abs", "ceil", "count", "floor", "length", "millis", "number", "parseInteger", "power", "random", "round",
         "sqrt", "sum", "toMillis"),
        "number",
    ),
    **dict.fromkeys(
        ("base64decode", "base64encode", "formatBase", "formatInteger", "formatNumber", "fromMillis", "hash", "join",
         "lowercase", "now", "pad", "replace", "string", "substring", "substringAfter", "substringBefore", "trim",
         "type", "uppercase", "uuid"),
        "string",
    ),
}  # fmt: skip
_LITERALS = {"number": "number", "regex": "function", "string": "string", "lambda": "function"}


def kind_of(node: Any, bound: frozenset[str]) -> str:
    """boolean, number, string and so on; empty where it depends on the data. `bound` may be functions of its own."""
    kind = str(node.type)
    if node.predicate or node.stages or node.group:
        return ""
    if kind == "value":
        return "boolean" if isinstance(node.value, bool) else "null"
    if kind == "binary":
        return _OPERATORS.get(node.value, "")
    if kind == "unary":
        return _UNARY.get(node.value, "")
    return _LITERALS.get(kind) or _kind_of_parts(node, bound)


def _kind_of_parts(node: Any, bound: frozenset[str]) -> str:
    other = node._else  # noqa: SLF001 - else is a word of Python
    if node.type == "condition" and other is not None:
        kinds = {kind_of(node.then, bound), kind_of(other, bound)}
        return kinds.pop() if len(kinds) == 1 else ""
    if node.type == "block" and node.expressions:
        own = {each.lhs.value for each in node.expressions if each.type == "bind"}
        return kind_of(node.expressions[-1], bound | own)
    if node.type == "bind":
        return kind_of(node.rhs, bound)
    if node.type == "function" and node.procedure.type == "variable" and node.procedure.value not in bound:
        return _RESULTS.get(node.procedure.value, "")
    return ""


def clashes(node: Any, bound: frozenset[str]) -> Iterator[str]:
    """Why a binary operator cannot take its operands, or needs none."""
    kinds = [kind_of(each, bound) for each in (node.lhs, node.rhs)]
    if node.value in ("=", "!=") and all(each.type in ("string", "number", "value") for each in (node.lhs, node.rhs)):
        yield f"{node.value} compares two constants"
    if _OPERATORS.get(node.value) == "number":
        yield from (f"{node.value} takes numbers, not a {kind}" for kind in kinds if kind not in ("", "number"))
    if node.value in ("<", "<=", ">", ">=") and "" not in kinds and kinds not in (["number"] * 2, ["string"] * 2):
        yield f"{node.value} takes two numbers or two strings, not a {kinds[0]} and a {kinds[1]}"


def literals(node: Any) -> tuple[str, ...]:
    """The text that a node is, or the texts of an array of nothing else; empty for any other."""
    if node.type == "string":
        return (str(node.value),)
    inner = node.expressions or () if node.type == "unary" and node.value == "[" else ()
    return tuple(str(each.value) for each in inner) if all(each.type == "string" for each in inner) else ()
