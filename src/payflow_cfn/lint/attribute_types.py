"""Rules about the types of a table's attributes: what the code and the workflow write, and what reads it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from payflow_cfn.aws.data_resources import MACHINE, TABLE
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.state_graph import parts_of
from payflow_cfn.aws.values import listed
from payflow_cfn.lint.expressions import Text, texts
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.function_code import Code
from payflow_cfn.lint.jsonata import expression_in
from payflow_cfn.lint.machine import State, all_states
from payflow_cfn.lint.placeholders import typed_attributes
from payflow_cfn.lint.row_attributes import codes_of, keys_given, named_attributes, table_steps, texts_of

_TYPES = frozenset(("S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"))
_ROWS = (("states", "result", "Item"), ("states", "result", "Attributes"))
_PATH = len(_ROWS[0])
Types = Mapping[str, frozenset[str]]


def index_keys_are_written(templates: ParsedSet) -> Iterator[Breach]:
    """PF111: the key attributes of an index are attributes that something writes, with the type that it writes.

    A row without them is not in the index, so that a misspelt one leaves it empty. DynamoDB refuses a row that has one
    with another type. Where the code of a function is unknown, or nothing of the set names the table's own key, nothing
    is checked (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html).
    """
    tables = [each for each in templates.resources(TABLE) if _index_keys(each[2])]
    codes = codes_of(templates) if tables else None
    if codes is None:
        return
    known, types = _written(templates, codes), _types(templates, codes)
    for stack, logical, table in tables:
        given = table.get("Properties", {})
        path = f"Resources/{logical}/Properties/AttributeDefinitions"
        if not _key_names(given.get("KeySchema")) <= known:
            continue
        kinds = {str(each.get("AttributeName")): str(each.get("AttributeType")) for each in _entries(given)}
        for name in sorted(_index_keys(table)):
            if name not in known:
                yield Breach(stack, path, f"nothing writes the attribute {name}, so no row is in its index")
            elif types.get(name) and kinds.get(name) not in types[name]:
                told = f"{name} is of type {kinds.get(name)}, and is written as {', '.join(sorted(types[name]))}"
                yield Breach(stack, path, told)


def _entries(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in listed(table.get("AttributeDefinitions")) if isinstance(each, Mapping)]


def _index_keys(table: Mapping[str, Any]) -> frozenset[str]:
    given = table.get("Properties", {})
    found = [each for name in ("Global", "Local") for each in listed(given.get(f"{name}SecondaryIndexes"))]
    keys = [_key_names(each.get("KeySchema")) for each in found if isinstance(each, Mapping)]
    return frozenset[str]().union(*keys) - _key_names(given.get("KeySchema"))


def _key_names(schema: Any) -> frozenset[str]:
    return frozenset(str(each.get("AttributeName")) for each in listed(schema) if isinstance(each, Mapping))


def _written(templates: ParsedSet, codes: list[Code]) -> frozenset[str]:
    """Every name that may be an attribute's: the texts of the code, and what Tasks set or put."""
    found = texts_of(codes)
    for _, given in _steps(templates):
        named = named_attributes(given)
        found |= (named.set if named else frozenset()) | frozenset(keys_given(given))
    return found


def _steps(templates: ParsedSet) -> list[tuple[State, Mapping[str, Any]]]:
    has_machine = any(templates.resources(MACHINE))
    return list(table_steps(templates)) if has_machine else []


def _types(templates: ParsedSet, codes: list[Code]) -> Types:
    """The types that attributes are written with, where that is known."""
    found: dict[str, set[str]] = {}
    trees = {id(tree): tree for code in codes for tree in code.trees.values()}
    helpers = {name: kind for tree in trees.values() for name, kind in _helpers(tree)}
    for tree in trees.values():
        for name, kind in _typed_in(tree, frozenset(helpers.items())):
            found.setdefault(name, set()).add(kind)
    for _, given in _steps(templates):
        for field, name, kind in typed_attributes(given):
            if field == "UpdateExpression":
                found.setdefault(name, set()).add(kind)
    return {name: frozenset(kinds) for name, kinds in found.items()}


@cache
def _helpers(tree: ast.Module) -> tuple[tuple[str, str], ...]:
    """The functions of a module that make an attribute of a type, or attributes of it of their arguments by name."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and isinstance(node.body[-1], ast.Return):
            made = node.body[-1].value
            kind = _kind(made.value if isinstance(made, ast.DictComp) else made, {})
            if kind and isinstance(made, ast.DictComp) == (node.args.kwarg is not None):
                found.append((node.name, kind))
    return tuple(found)


@cache
def _typed_in(tree: ast.Module, helpers: frozenset[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """The attributes that a module writes, each with its type: {"a": {"S": x}}, "a": number(x), strings(a=x)."""
    made, found = dict(helpers), set[tuple[str, str]]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and (kind := _kind(value, made)):
                    found.add((key.value, kind))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in made:
            found |= {(each.arg, made[node.func.id]) for each in node.keywords if each.arg}
    return frozenset(found)


def _kind(node: ast.AST | None, helpers: Mapping[str, str]) -> str:
    """The type of the attribute that an expression makes; empty where it makes none."""
    match node:
        case ast.Dict(keys=[ast.Constant(value=str(kind))]) if kind in _TYPES:
            return kind
        case ast.Call(func=ast.Name(id=name), args=[_, *_]):
            return helpers.get(name, "")
    return ""


def attributes_are_read_by_type(templates: ParsedSet) -> Iterator[Breach]:
    """PF112: an expression reads an attribute of a row by its type, such as `$row.status.S`, and by no other.

    DynamoDB answers with {"S": "COMPLETED"}, which never equals a text, and a number is under N. What is not there is
    undefined, and fails the state or leaves the field out of a message
    (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html).
    """
    states = list(all_states(templates))
    rows = _row_variables(states)
    codes = codes_of(templates) if rows else None
    types = _types(templates, codes) if codes else {}
    for state in states:
        for text in texts(state):
            for problem in dict.fromkeys(_misread(text, rows.get(state.machine, frozenset()), types)):
                yield Breach(state.stack, f"{state.path}/{text.field}", problem)


def _misread(text: Text, rows: frozenset[tuple[str, ...]], types: Types) -> Iterator[str]:
    found = text.expression
    for path, holder in ((each, _holder(each, rows)) for each in found.paths) if found else ():
        name, kind = (*path[len(holder) :], "", "")[:2] if holder else ("", "")
        known = types.get(name)
        if known and kind in _TYPES and kind not in known:
            yield f"${'.'.join(path)}: {name} is of type {', '.join(sorted(known))}"
    for path, value in found.compared if found else ():
        holder = _holder(path, rows)
        if holder and len(path) == len(holder) + 1:
            yield f"${'.'.join(path)} is an attribute with its type, and never equals {value!r}: read its S"


def _holder(path: tuple[str, ...], rows: frozenset[tuple[str, ...]]) -> tuple[str, ...]:
    """The beginning of a path that holds a row; empty where none does."""
    return next((each for each in (path[:1], path[:_PATH]) if each in rows or each in _ROWS), ())


def _row_variables(states: list[State]) -> dict[str, frozenset[tuple[str, ...]]]:
    """By machine, the variables that are assigned a row of DynamoDB and nothing else."""
    found: dict[str, dict[str, bool]] = {}
    for state in states:
        own = found.setdefault(state.machine, {})
        for entry in parts_of(state.fields):
            for name, value in entry.get("Assign", {}).items():
                own[name] = own.get(name, True) and (value is None or _is_row(state, value))
    return {machine: frozenset((name,) for name, is_row in each.items() if is_row) for machine, each in found.items()}


def _is_row(state: State, value: Any) -> bool:
    found = expression_in(value) if state.kind == "Task" else None
    return bool(found and found.paths and not found.kind and set(found.paths) <= set(_ROWS))
