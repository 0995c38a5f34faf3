"""Kinds of values in JSONata: what a tree evaluates to where that is certain, and operators that cannot take it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

# A kind, or the path of a variable.
Side = str | tuple[str, ...]

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
_CONSTANTS = ("string", "number", "value")
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
_LETTERS = {
    "a": "array", "b": "boolean", "f": "function", "n": "number", "o": "object", "s": "string",
}  # fmt: skip
# Each function with the kinds of its arguments, - for any. A single value stands for an array of it.
_ROWS = """
abs n; assert b s; average an; base64decode s; base64encode s; ceil n; contains s sf; decodeUrl s; decodeUrlComponent s
each o f; encodeUrl s; encodeUrlComponent s; error s; filter - f; floor n; formatBase n n; formatInteger n s
formatNumber n s o; fromMillis n s s; hash s s; join as s; keys ao; length s; lookup ao s; lowercase s; map - f
match s f n; max an; merge ao; min an; number bns; pad s n s; parse s; parseInteger s s; partition - n; power n n
range n n n; reduce - f; replace s sf sf n; round n n; sift o f; single - f; sort - f; split s sf n; sqrt n
substring s n n; substringAfter s s; substringBefore s s; sum an; toMillis s s; trim s; uppercase s
"""
_TAKES = {
    name: tuple(each.replace("-", "") for each in kinds)
    for name, *kinds in (each.split() for each in _ROWS.strip().replace("\n", ";").split(";"))
}
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


def sides(nodes: Iterable[Any], bound: frozenset[str]) -> tuple[Side, ...]:
    """Of each node the kind that is certain, or the path of the variable that decides it."""
    return tuple(kind_of(each, bound) or path_of(each, bound) for each in nodes)


def path_of(node: Any, bound: frozenset[str]) -> tuple[str, ...]:
    """The variable, and the fields of it, that a node is; empty for any other node."""
    steps = node.steps or [node]
    plain = [each for each in steps if each.type in ("variable", "name") and not (each.stages or each.predicate)]
    names = tuple(str(each.value) for each in plain)
    is_path = steps[0].type == "variable" and len(names) == len(steps) and names[0] not in bound
    return names if is_path and not node.group and names[0] not in ("", "$") else ()


def clashes(what: str, kinds: Sequence[str]) -> Iterator[str]:
    """Why an operator or a $function cannot take values of these kinds; an empty kind is not known."""
    if what.startswith("$"):
        for kind, letters in zip(kinds, _TAKES.get(what[1:], ()), strict=False):
            wanted = [_LETTERS[each] for each in letters]
            if kind and wanted and kind not in wanted:
                yield f"{what} takes a {' or '.join(wanted)} here, not a {kind}"
        return
    if _OPERATORS.get(what) == "number":
        yield from (f"{what} takes numbers, not a {kind}" for kind in kinds if kind not in ("", "number"))
    if what in ("<", "<=", ">", ">=") and "" not in kinds and kinds not in (["number"] * 2, ["string"] * 2):
        yield f"{what} takes two numbers or two strings, not a {kinds[0]} and a {kinds[1]}"
    scalars = ("boolean", "number", "string")
    if what in ("=", "!=") and kinds[0] != kinds[1] and all(each in scalars for each in kinds):
        yield f"{what} compares a {kinds[0]} with a {kinds[1]}, which are never equal"


def constants(node: Any) -> str:
    """The operator that compares two constants; empty for any other node."""
    is_comparison = node.value in ("=", "!=")
    return node.value if is_comparison and all(each.type in _CONSTANTS for each in (node.lhs, node.rhs)) else ""


class Indexed(NamedTuple):
    """An entry of a list that is written out: the variable that says which (empty: none), and what is added to it."""

    entries: tuple[Any, ...]
    name: str
    added: int

    @property
    def problem(self) -> str:
        """Why there is no such entry; empty where there is, or where the variable decides."""
        size = len(self.entries)
        known = self.name or -size <= self.added < size
        return "" if known else f"a list of {size} has no entry {self.added}"


def indexed(node: Any) -> Indexed | None:
    """What a node reads of a list of constants; None for any other node."""
    inner = node.expressions or ()
    if node.type != "unary" or node.value != "[" or len(node.predicate or ()) != 1:
        return None
    if not all(each.type in _CONSTANTS and not each.predicate for each in inner):
        return None
    entries, asked = tuple(each.value for each in inner), node.predicate[0].expr
    match asked.type, asked.value:
        case "number", int(number):
            return Indexed(entries, "", number)
        case "variable", str(name) if not asked.predicate:
            return Indexed(entries, name, 0)
        case "binary", ("+" | "-") as sign if asked.lhs.type == "variable" and isinstance(asked.rhs.value, int):
            return Indexed(entries, str(asked.lhs.value), asked.rhs.value if sign == "+" else -asked.rhs.value)
    return None


class Bound(NamedTuple):
    """A comparison of a variable with a number: `how` is the operator, the variable stands on its left."""

    name: str
    how: str
    number: float


def bound_of(node: Any) -> Bound | None:
    """The comparison that a node is; None for any other node."""
    if node.type != "binary" or node.value not in _TURNED:
        return None
    one, how, other = node.lhs, node.value, node.rhs
    if one.type == "number":
        one, how, other = other, _TURNED[how], one
    plain = one.type == "variable" and not (one.predicate or one.stages or one.group)
    return Bound(str(one.value), how, other.value) if plain and other.type == "number" else None


def bounds(node: Any) -> Iterator[Bound]:
    """The comparisons that all hold where this condition holds."""
    if node.type == "binary" and node.value == "and":
        yield from (each for side in (node.lhs, node.rhs) for each in bounds(side))
    elif node.type == "block" and len(node.expressions or ()) == 1:
        yield from bounds(node.expressions[0])
    elif found := bound_of(node):
        yield found


def counted(node: Any) -> tuple[str, float] | None:
    """The variable and the number that are added, where a node is such a sum; None for any other node."""
    if node.type == "binary" and node.value in ("+", "-") and node.lhs.type == "variable" and node.rhs.type == "number":
        return str(node.lhs.value), node.rhs.value if node.value == "+" else -node.rhs.value
    return None


def later_by(node: Any) -> float | None:
    """The milliseconds that a node adds to a time, in any of the forms that a time is written in; None for another."""
    if node.type == "block" and len(node.expressions or ()) == 1:
        return later_by(node.expressions[0])
    if node.type == "function" and node.procedure.value in ("string", "fromMillis", "floor", "ceil", "round"):
        return later_by(node.arguments[0]) if node.arguments else None
    if node.type != "binary" or node.value != "+":
        return None
    for time, number in ((node.lhs, node.rhs), (node.rhs, node.lhs)):
        unit = _milliseconds(time)
        if unit and number.type == "number":
            return float(number.value * unit)
    return None


def _milliseconds(node: Any) -> int:
    """The milliseconds of the unit in which a node is a time; 0 where it is not a time."""
    if node.type == "function":
        inside = node.arguments[0] if node.arguments else None
        rounds = node.procedure.value in ("floor", "ceil", "round") and inside is not None
        return 1 if node.procedure.value in ("toMillis", "millis") else _milliseconds(inside) if rounds else 0
    if node.type == "block" and len(node.expressions or ()) == 1:
        return _milliseconds(node.expressions[0])
    in_seconds = node.type == "binary" and node.value == "/" and node.rhs.type == "number" and node.rhs.value == 1000
    return 1000 * _milliseconds(node.lhs) if in_seconds else 0


def literals(node: Any) -> tuple[str, ...]:
    """The text that a node is, or the texts of an array of nothing else; empty for any other."""
    if node.type == "string":
        return (str(node.value),)
    inner = node.expressions or () if node.type == "unary" and node.value == "[" else ()
    return tuple(str(each.value) for each in inner) if all(each.type == "string" for each in inner) else ()


class Wanted(NamedTuple):
    """What a path has to be: one of these texts, or true where there are none."""

    path: tuple[str, ...]
    texts: frozenset[str]

    def follows_from(self, other: Wanted) -> bool:
        """Whether this holds wherever the other one does."""
        fits = other.texts <= self.texts if other.texts else not self.texts
        return self.path == other.path and fits


def wanted(node: Any, bound: frozenset[str]) -> tuple[Wanted | None, ...]:
    """All that has to hold for a condition to hold; None stands for what is not known."""
    if node.type == "block" and len(node.expressions or ()) == 1 and not node.predicate:
        return wanted(node.expressions[0], bound)
    if node.type == "binary" and node.value == "and":
        return tuple(each for side in (node.lhs, node.rhs) for each in wanted(side, bound))
    if node.type == "binary" and node.value in ("=", "in"):
        for one, other in ((node.lhs, node.rhs), *(((node.rhs, node.lhs),) if node.value == "=" else ())):
            path, texts = path_of(one, bound), frozenset(literals(other))
            if path and texts and (other.type == "string" or node.value == "in"):
                return (Wanted(path, texts),)
        return (None,)
    flag = path_of(node, bound)
    return (Wanted(flag, frozenset()) if flag else None,)
