"""JSONata expressions: whether they parse, and what they read and call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from typing import Any, NamedTuple

from payflow_cfn.lint.jsonata_kinds import (
    Bound,
    Indexed,
    Side,
    Wanted,
    bound_of,
    bounds,
    clashes,
    constants,
    counted,
    indexed,
    kind_of,
    later_by,
    literals,
    path_of,
    sides,
    wanted,
)

OPENS, CLOSES = "{%", "%}"
Names = frozenset[str]
_NONE: Names = frozenset()
_MANY = 99
# Each function with the numbers of arguments that it takes. https://docs.jsonata.org, and the last line:
# https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-sfn
_ARGUMENTS = f"""
abs 1 append 2 assert 1-2 average 1 base64decode 1 base64encode 1 boolean 1 ceil 1 clone 1 contains 2 count 1
decodeUrl 1 decodeUrlComponent 1 distinct 1 each 1-2 encodeUrl 1 encodeUrlComponent 1 error 0-1 exists 1 filter 2
floor 1 formatBase 1-2 formatInteger 2 formatNumber 2-3 fromMillis 1-3 join 1-2 keys 1 length 1 lookup 2 lowercase 1
map 2 match 2-3 max 1 merge 1 millis 0 min 1 not 1 now 0-2 number 1 pad 2-3 parseInteger 2 power 2 reduce 2-3
replace 3-4 reverse 1 round 1-2 shuffle 1 sift 1-2 single 1-2 sort 1-2 split 2-3 spread 1 sqrt 1 string 1-2
substring 2-3 substringAfter 2 substringBefore 2 sum 1 toMillis 1-2 trim 1 type 1 uppercase 1 zip 1-{_MANY}
hash 2 parse 1 partition 2 random 0-1 range 3 uuid 0
"""
# Operators of JSONata 2.1; Step Functions has 2.0.6.
_LATER = ("??", "?:")
# The attributes of a node of the tree that hold other nodes.
_CHILDREN = (
    "expression", "procedure", "arguments", "body", "expr", "lhs", "rhs", "lhs_object", "rhs_object", "rhs_terms",
    "condition", "then", "_else", "expressions",
)  # fmt: skip
# Those whose value is evaluated in the context of what stands before.
_WITHIN = ("predicate", "stages", "group", "terms", "pattern", "update", "delete")


@dataclass(frozen=True, slots=True)
class Call:
    """A function called by its name, and the number of arguments; `within` a context, which may be its first one."""

    name: str
    given: int
    within: bool


class Value(NamedTuple):
    """The texts that a value can be, and the paths whose values it can be."""

    texts: Names
    paths: frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Expression:
    """What a text between the marks reads and calls; nothing of it is known where it has an `error`.

    `paths` are the variables that it does not bind itself, each with the fields that follow. `bare` is what it reads
    of a context where there is none, `asked` the variables of which it asks whether they exist. `kind` is that of its
    value where it is certain, `clashes` are operators with operands of a wrong kind, and `compared` are paths with the
    texts that they are compared with.

    `operands` are operators and functions with what they get, where the kind of a variable decides. `indexed` are lists
    that are written out, of which a variable says the entry that is read. `measured` are comparisons of a variable with
    a number, and `bounds` those that hold where the value is true. `counted` is a variable and what is added to it,
    `later` the milliseconds that are added to a time. `value` is what the value can be: the texts, and the paths that
    have the others; None where it can be anything. `wanted` is what has to hold for the value to be true, None in it
    for what is not known.
    """

    error: str = ""
    paths: tuple[tuple[str, ...], ...] = ()
    calls: tuple[Call, ...] = ()
    bare: tuple[str, ...] = ()
    asked: Names = _NONE
    kind: str = ""
    clashes: tuple[str, ...] = ()
    compared: tuple[tuple[tuple[str, ...], str], ...] = ()
    operands: tuple[tuple[str, tuple[Side, ...]], ...] = ()
    indexed: tuple[Indexed, ...] = ()
    measured: tuple[Bound, ...] = ()
    bounds: tuple[Bound, ...] = ()
    counted: tuple[str, float] | None = None
    later: float | None = None
    value: Value | None = None
    wanted: tuple[Wanted | None, ...] = ()

    @property
    def variables(self) -> Names:
        """The names that it relies on, functions that are handed on included."""
        return frozenset(path[0] for path in self.paths) - self.asked


@cache
def functions() -> dict[str, tuple[int, int]]:
    """Each function of JSONata in Step Functions, with the least and the greatest number of its arguments."""
    words = _ARGUMENTS.split()
    ends = ((name, number.partition("-")) for name, number in zip(words[::2], words[1::2], strict=True))
    return {name: (int(least), int(most or least)) for name, (least, _, most) in ends}


@cache
def parse(text: str) -> Expression:
    """Read an expression, the text between the marks."""
    from jsonata import JException

    # The signature of a function may hold the same signs: <s?:n>.
    later = "function" in text or "λ" in text
    try:
        tree = _parser(later).parse(text)
    except (JException, IndexError, KeyError) as problem:
        return Expression(error=_told(problem))
    reader, bound = _Reader(), _bound_by(tree)
    reader.read(tree, bound, within=False)
    return Expression(
        paths=tuple(reader.paths),
        calls=tuple(reader.calls),
        bare=tuple(reader.bare),
        asked=frozenset(reader.asked),
        kind=kind_of(tree, bound),
        clashes=tuple(reader.clashes),
        compared=tuple(reader.compared),
        operands=tuple(reader.operands),
        indexed=tuple(reader.indexed),
        measured=tuple(reader.measured),
        bounds=tuple(bounds(tree)),
        counted=counted(tree),
        later=later_by(tree),
        value=_value(tree, bound),
        wanted=wanted(tree, bound),
    )


def expression_in(value: object) -> Expression | None:
    """The expression that a value is, between {% and %}; None for any other value."""
    if not isinstance(value, str) or len(value) < len(OPENS + CLOSES):
        return None
    return parse(value[len(OPENS) : -len(CLOSES)]) if value.startswith(OPENS) and value.endswith(CLOSES) else None


@cache
def _parser(later: bool) -> Any:
    from jsonata.parser import Parser

    parser = Parser()
    for operator in () if later else _LATER:
        parser.symbol_table.pop(operator, None)
    return parser


def _told(problem: Exception) -> str:
    if isinstance(problem, KeyError):
        return f"Step Functions has no operator {problem.args[0]}"
    return "unexpected end of expression" if isinstance(problem, IndexError) else str(problem).rstrip(".")


class _Reader:
    """Collects what a tree reads and calls."""

    def __init__(self) -> None:
        self.paths: list[tuple[str, ...]] = []
        self.calls: list[Call] = []
        self.bare: list[str] = []
        self.asked: set[str] = set()
        self.clashes: list[str] = []
        self.compared: list[tuple[tuple[str, ...], str]] = []
        self.operands: list[tuple[str, tuple[Side, ...]]] = []
        self.indexed: list[Indexed] = []
        self.measured: list[Bound] = []

    def read(self, node: Any, bound: Names, *, within: bool, piped: int = 0) -> None:
        """Read a node; `bound` are the expression's own variables, `piped` counts arguments that ~> hands over."""
        kind = node.type
        if kind == "path":
            self._path(node.steps, bound, within=within)
        elif kind == "variable":
            self._variable(node.value, (), bound, within=within)
        elif kind in ("name", "wildcard", "descendant") and not within:
            self.bare.append(str(node.value))
        elif kind in ("function", "partial"):
            self._call(node, bound, within=within, piped=piped)
        elif kind == "apply":
            self.read(node.lhs, bound, within=within)
            self.read(node.rhs, bound, within=within, piped=1)
        else:
            self._operator(node, bound)
            self._inner(node, bound, within=within)
        for each in _nodes(node, _WITHIN):
            self._inner_of(each, bound, within=True)

    def _inner(self, node: Any, bound: Names, *, within: bool) -> None:
        """Read what is inside a node of any other kind."""
        if node.type == "lambda":
            bound |= {each.value for each in node.arguments or ()} | _bound_by(node.body)
            self.read(node.body, bound, within=within)
            return
        if node.type == "block":
            bound = bound.union(*map(_bound_by, node.expressions))
        for each in _nodes(node, ("rhs",) if node.type == "bind" else _CHILDREN):
            self.read(each, bound, within=within)

    def _operator(self, node: Any, bound: Names) -> None:
        if node.type == "binary":
            self._binary(node, bound)
        elif found := indexed(node):
            self.clashes += [found.problem] if found.problem else []
            self.indexed += [found] if found.name else []

    def _binary(self, node: Any, bound: Names) -> None:
        if constants(node):
            self.clashes.append(f"{node.value} compares two constants")
        else:
            self._check(node.value, (node.lhs, node.rhs), bound)
        measured = bound_of(node)
        self.measured += [measured] if measured and measured.name not in bound else []
        pairs = [(node.lhs, node.rhs), *([(node.rhs, node.lhs)] if node.value != "in" else [])]
        for one, other in pairs if node.value in ("=", "!=", "in") else ():
            if path := path_of(one, bound):
                self.compared += [(path, text) for text in literals(other)]

    def _check(self, what: str, given: Sequence[Any], bound: Names, skipped: int = 0) -> None:
        """Look at the kinds of what an operator or a function gets; keep it where a variable's kind decides."""
        found = ("",) * skipped + sides(given, bound)
        kinds = [each if isinstance(each, str) else "" for each in found]
        clashing = list(clashes(what, kinds))
        self.clashes += clashing
        if not clashing and any(isinstance(each, tuple) and each for each in found):
            self.operands.append((what, found))

    def _inner_of(self, node: Any, bound: Names, *, within: bool) -> None:
        """Read a node, or what is in one that is only a holder: a filter, a term of a sort, a group."""
        if node.type in (None, "filter", "index"):
            for each in _nodes(node, _CHILDREN):
                self.read(each, bound, within=within)
        else:
            self.read(node, bound, within=within)

    def _path(self, steps: list[Any], bound: Names, *, within: bool) -> None:
        first, *rest = steps
        bound |= {name for each in steps for name in (each.focus, each.index) if isinstance(name, str)}
        if first.type == "variable":
            names = takewhile(lambda each: each.type == "name", rest)
            self._variable(first.value, tuple(each.value for each in names), bound, within=within)
            for each in _nodes(first, _WITHIN):
                self._inner_of(each, bound, within=True)
        else:
            self.read(first, bound, within=within)
        for each in rest:
            self.read(each, bound, within=True)

    def _variable(self, name: str, fields: tuple[str, ...], bound: Names, *, within: bool) -> None:
        if name == "$" or (not name and not within):
            self.bare.append(f"${name}")
        elif name and name not in bound:
            self.paths.append((name, *fields))

    def _call(self, node: Any, bound: Names, *, within: bool, piped: int) -> None:
        given, before = node.arguments or (), len(self.paths)
        if node.procedure.type != "variable":
            self.read(node.procedure, bound, within=within)
        elif node.procedure.value not in bound:
            self.calls.append(Call(node.procedure.value, len(given) + piped, within))
            if not within and all(each.type != "operator" for each in given):
                self._check(f"${node.procedure.value}", given, bound, piped)
        for each in given:
            if each.type != "operator":  # the ? of a partial application
                self.read(each, bound, within=within)
        if node.procedure.value == "exists":
            self.asked |= {path[0] for path in self.paths[before:]}


def _value(node: Any, bound: Names) -> Value | None:
    """What the value can be: a text, a path, or one of the two sides of a condition."""
    if node.type == "string" and not node.predicate:
        return Value(frozenset([str(node.value)]), frozenset())
    if node.type == "block" and len(node.expressions or ()) == 1 and not node.predicate:
        return _value(node.expressions[0], bound)
    if node.type == "condition" and not node.predicate:
        other = node._else  # noqa: SLF001 - else is a word of Python
        parts = [_value(each, bound) for each in (node.then, other) if each is not None]
        known = [each for each in parts if each is not None]
        if len(known) == len(parts) == 2:
            return Value(known[0].texts | known[1].texts, known[0].paths | known[1].paths)
        return None
    path = path_of(node, bound)
    return Value(frozenset(), frozenset([path])) if path else None


def _bound_by(node: Any) -> Names:
    """The variables that := binds in the node's own block; visible in all of it, for a function may call itself."""
    if node.type in ("block", "lambda"):
        return _NONE
    own = frozenset([node.lhs.value]) if node.type == "bind" else _NONE
    return own.union(*(_bound_by(each) for each in _nodes(node, _CHILDREN)))


def _nodes(node: Any, attributes: tuple[str, ...]) -> Iterator[Any]:
    """The nodes in these attributes, out of their lists and pairs."""
    todo = [getattr(node, each, None) for each in reversed(attributes)]
    while todo:
        each = todo.pop()
        if isinstance(each, (list, tuple)):
            todo.extend(reversed(each))
        elif hasattr(each, "lhs_object"):
            yield each
