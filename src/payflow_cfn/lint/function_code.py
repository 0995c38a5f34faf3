"""Read from the source of a function what it imports, reads and writes, without running it.

Known is Python code that stands in the template, and the modules of the functions as `code_sources` finds them.
"""

from __future__ import annotations

import ast
import difflib
import functools
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from payflow_cfn.artifacts.digest import Sources
from payflow_cfn.artifacts.folders import SHARED
from payflow_cfn.artifacts.identities import FUNCTIONS
from payflow_cfn.artifacts.template_set import artifact_name
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.runtimes import LIVES
from payflow_cfn.lint.code_sources import function_sources

Trees = Mapping[str, ast.Module]
_TEAM = f"{SHARED}.team"  # names the modules of a team's rules and gateways, which are imported by these texts
# Libraries that read no variable but the ones that IGNORED begins with.
_LIBRARIES = frozenset({"boto3", "botocore", "aws_lambda_powertools", "aws_xray_sdk", "stripe", "cfnresponse"})


@dataclass(frozen=True)
class Code:
    """The modules that a function's handler loads, by dotted name; `handler` is module and name of the entry."""

    trees: Trees
    handler: tuple[str, str]

    @functools.cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the loaded modules."""
        return tuple(node for tree in self.trees.values() for node in _nodes(tree))

    @functools.cached_property
    def texts(self) -> frozenset[str]:
        """Every text and every argument's name: what a name in the template has to be among to be used."""
        constants = {
            each.value for each in self.nodes if isinstance(each, ast.Constant) and isinstance(each.value, str)
        }
        return frozenset(constants | {each.arg for each in self.nodes if isinstance(each, ast.keyword) and each.arg})

    @functools.cached_property
    def patterns(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """The beginnings of the texts that are put together, such as `payment_` of f"payment_{step}".

        Each with the texts that its rest is held against in the code, which are all that it can be; empty where it can
        be any.
        """
        tests = [each for each in self.nodes if isinstance(each, ast.Compare) and _is_member_test(each)]
        joined = (each for each in self.nodes if isinstance(each, ast.JoinedStr) and len(each.values) > 1)
        starts = ((each.values[0], each.values[1]) for each in joined)
        return tuple(
            (str(first.value), self._listed(_key(rest.value) if isinstance(rest, ast.FormattedValue) else "", tests))
            for first, rest in starts
            if isinstance(first, ast.Constant)
        )

    def _listed(self, key: str, tests: list[ast.Compare]) -> frozenset[str]:
        """The texts that the value under a key is tested to be among."""
        lists = [other for each in tests if key and _key(each.left) == key for other in each.comparators]
        named = [self.named.get(each.attr, ()) if isinstance(each, ast.Attribute) else (each,) for each in lists]
        return frozenset(_texts_of(self, [node for nodes in named for node in nodes]))

    @functools.cached_property
    def is_closed(self) -> bool:
        """Whether no library is loaded whose source is not known here."""
        tops = {each.partition(".")[0] for node in self.nodes for each in _imported(node)}
        own = {each.partition(".")[0] for each in self.trees}
        return tops <= own | _LIBRARIES | sys.stdlib_module_names

    def imports(self, library: str) -> bool:
        """Whether a module of the code imports the library."""
        return any(each.partition(".")[0] == library for node in self.nodes for each in _imported(node))

    def may_write(self, text: str) -> bool:
        """Whether the text is in the code, or may be put together by it; a slip of a text in it is not."""
        if text in self.texts:
            return True
        rests = [(text.removeprefix(each), listed) for each, listed in self.patterns if each and text.startswith(each)]
        if any(rest in listed if listed else {rest, rest.upper()} & self.texts for rest, listed in rests):
            return True
        is_open = any(not listed for _, listed in rests)
        return is_open and not difflib.get_close_matches(text, self.texts, 1, 0.9)

    @functools.cached_property
    def named(self) -> Mapping[str, tuple[ast.AST, ...]]:
        """The functions and the constants of all modules, by their names."""
        found: dict[str, tuple[ast.AST, ...]] = {}
        for each in (each for tree in self.trees.values() for each in tree.body):
            match each:
                case ast.FunctionDef(name=name):
                    found[name] = (*found.get(name, ()), each)
                case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                    found[name] = (*found.get(name, ()), each)
        return found

    @functools.cached_property
    def defaults(self) -> Mapping[str, str]:
        """The level that a function of the code logs at where its caller gives none, by the function's name."""
        found = {}
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef):
                pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
                given = {each.arg: default.value for each, default in pairs if isinstance(default, ast.Constant)}
                if str(given.get("level")) in _LOGGING:
                    found[node.name] = _LOGGING[str(given["level"])]
        return found

    @property
    def has_handler(self) -> bool:
        """Whether the entry exists."""
        module, name = self.handler
        return module in self.trees and name in _defined(self.trees[module])


def read_code(templates: ParsedSet, properties: Mapping[str, Any]) -> Code | None:
    """The code of a function by its evaluated properties; None where it is not known."""
    handler, code = properties.get("Handler"), properties.get("Code")
    if not isinstance(handler, str) or not str(properties.get("Runtime")).startswith("python"):
        return None
    if name := artifact_name(code):
        sources = function_sources(templates, name)
        return _loaded(_modules(tuple(sorted(sources.items()))), handler) if sources else None
    inline = code.get("ZipFile") if isinstance(code, Mapping) else None
    trees = _inline(inline) if isinstance(inline, str) else None
    return _loaded(trees, handler) if trees else None


def newer_than(templates: ParsedSet, properties: Mapping[str, Any]) -> str:
    """Why the runtime is too old for the code of a function by its evaluated properties; empty where it is not."""
    runtime, code = str(properties.get("Runtime")), properties.get("Code")
    name = artifact_name(code)
    if name in FUNCTIONS:
        return "" if runtime in LIVES else f"the code is for {', '.join(LIVES)}, and not for {runtime}"
    inline, digits = code.get("ZipFile") if isinstance(code, Mapping) else None, runtime.removeprefix("python3.")
    sources: Sources = (function_sources(templates, name) or {}) if name else {"index.py": str(inline or "").encode()}
    for path, body in sources.items():
        try:
            ast.parse(body, feature_version=(3, int(digits)) if digits.isdecimal() else None)
        except SyntaxError as problem:
            where = f"{path}, line {problem.lineno}" if name else f"line {problem.lineno}"
            return f"{runtime} cannot read the code: {problem.msg} ({where})"
    return ""


@functools.cache
def _inline(text: str) -> Trees | None:
    try:
        return {"index": ast.parse(text)}
    except (SyntaxError, ValueError):
        return None


@functools.cache
def _modules(sources: tuple[tuple[str, bytes], ...]) -> Trees | None:
    try:
        return {_module(path): _parsed(body) for path, body in sources}
    except (SyntaxError, ValueError):
        return None


@functools.cache  # the functions share most modules
def _parsed(source: bytes) -> ast.Module:
    return ast.parse(source)


@functools.cache
def _nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree))


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


_KEPT: dict[tuple[int, str], Code] = {}


def _loaded(trees: Trees | None, handler: str) -> Code | None:
    """The part of the modules that this handler loads; the trees are kept for the life of the process."""
    if trees is None:
        return None
    key = (id(trees), handler)
    if key not in _KEPT:
        module, _, name = handler.replace("/", ".").rpartition(".")
        reached: dict[str, ast.Module] = {}
        todo = [module]
        while todo:
            each = todo.pop()
            if each in trees and each not in reached:
                reached[each] = trees[each]
                todo += _reached_from(each, trees)
        _KEPT[key] = Code(reached, (module, name))
    return _KEPT[key]


def _reached_from(module: str, trees: Trees) -> Iterator[str]:
    """The modules that this one may load, its packages among them."""
    nodes = _nodes(trees[module])
    for found in (found for node in nodes for found in (*_imported(node), *_relative(node, module, trees))):
        parts = found.split(".")
        yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))
    if module == _TEAM:
        texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
        yield from (each.partition(":")[0] for each in texts)


def _relative(node: ast.AST, module: str, trees: Trees) -> Iterator[str]:
    """What a relative import loads."""
    if isinstance(node, ast.ImportFrom) and node.level:
        is_package = any(each.startswith(f"{module}.") for each in trees)
        parts = module.split(".")[: None if is_package and node.level == 1 else -(node.level - is_package)]
        start = ".".join([*parts, *([node.module] if node.module else [])])
        yield from (start, *(f"{start}.{each.name}" for each in node.names))


def log_levels(code: Code, event: str) -> frozenset[str]:
    """The levels at which the code logs this event; empty where one of them is not known."""
    found = {level for node in code.nodes if isinstance(node, ast.Call) for level in _logged(code, node, event)}
    return frozenset() if "" in found else frozenset(found)


_LOGGING = {
    "debug": "DEBUG", "info": "INFO", "warning": "WARNING", "warn": "WARNING", "error": "ERROR", "exception": "ERROR",
    "critical": "CRITICAL", "fatal": "CRITICAL",
}  # fmt: skip


def _logged(code: Code, call: ast.Call, event: str) -> Iterator[str]:
    """The level of a call that logs, where the event is among its texts."""
    match call.func:
        case ast.Attribute(attr=name) if name in _LOGGING:
            level = _LOGGING[name]
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in code.defaults:
            level = code.defaults[name]
        case _:
            return
    for each in call.keywords:
        if each.arg == "level":
            level = _LOGGING.get(str(each.value.value), "") if isinstance(each.value, ast.Constant) else ""
    if event in _texts_of(code, call.args):
        yield level


def _texts_of(code: Code, nodes: Iterable[ast.AST]) -> set[str]:
    """The texts in these nodes, and in the functions and constants that they name."""
    found, todo, seen = set(), list(nodes), set()
    while todo:
        for node in ast.walk(todo.pop()):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.Name) and node.id not in seen:
                seen.add(node.id)
                todo += code.named.get(node.id, ())
    return found


def _is_member_test(node: ast.Compare) -> bool:
    return any(isinstance(each, ast.In | ast.NotIn) for each in node.ops)


def _key(node: ast.expr) -> str:
    """The key that is read in x["key"] and x.get("key"); empty for anything else."""
    match node:
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return key
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(key)), *_]):
            return key
    return ""


def _imported(node: ast.AST) -> Iterator[str]:
    """What an import loads: modules, and names that may be modules."""
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
        yield from (f"{node.module}.{each.name}" for each in node.names)


def _defined(tree: ast.Module) -> set[str]:
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {each.asname or each.name for each in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def variables_needed(code: Code) -> frozenset[str]:
    """The environment variables without which the code raises, wherever it is called."""
    return frozenset(name for tree in code.trees.values() for name in _needed(tree.body, {}))


def _needed(body: list[ast.stmt], names: dict[str, str]) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _needed(statement.body, {})
        elif isinstance(statement, ast.If):
            yield from _refused(statement, names)
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr) and statement.value:
            yield from _subscripts(statement.value)
            name = _lookup(statement.value)
            target = statement.targets[0] if isinstance(statement, ast.Assign) else None
            if name and isinstance(target, ast.Name):
                names[target.id] = name


def _refused(statement: ast.If, names: Mapping[str, str]) -> Iterator[str]:
    """The variables whose absence raises: `if not value: raise ...`, `if value is None: raise ...`."""
    if not any(isinstance(each, ast.Raise) for each in statement.body):
        return
    match statement.test:
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)):
            yield from (names[each] for each in (name,) if each in names)
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Is()]):
            yield from (names[each] for each in (name,) if each in names)


def _subscripts(value: ast.expr) -> Iterator[str]:
    """The names in environ[...], where no condition stands before them."""
    match value:
        case ast.IfExp(test=always) | ast.BoolOp(values=[always, *_]):
            yield from _subscripts(always)
            return
        case ast.Lambda():
            return
        case ast.Subscript(value=source, slice=ast.Constant(value=str(name))) if _is_environ(source):
            yield name
    for each in ast.iter_child_nodes(value):
        if isinstance(each, ast.keyword):
            yield from _subscripts(each.value)
        elif isinstance(each, ast.expr):
            yield from _subscripts(each)


def _lookup(value: ast.expr) -> str:
    """The name in environ.get(NAME) and getenv(NAME) without a default."""
    match value:
        case ast.Call(func=ast.Attribute(attr="get", value=source), args=[ast.Constant(value=str(name))]):
            return name if _is_environ(source) else ""
        case ast.Call(func=ast.Attribute(attr="getenv"), args=[ast.Constant(value=str(name))]):
            return name
    return ""


def _is_environ(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr="environ", value=ast.Name(id="os")) | ast.Name(id="environ"):
            return True
    return False


def reads_all_variables(code: Code) -> bool:
    """Whether the code reads variables by names that are not written in it, or all of them."""
    return any(_is_environ(source) for node in code.nodes for source in _read_open(node))


def _read_open(node: ast.AST) -> Iterator[ast.expr]:
    """The mapping that this node reads as a whole, or by a name that is put together."""
    match node:
        case ast.Call(func=ast.Attribute(value=source, attr="items" | "keys" | "values" | "copy")):
            yield source
        case ast.Call(func=ast.Attribute(value=source, attr="get"), args=[ast.JoinedStr() | ast.BinOp(), *_]):
            yield source
        case ast.Subscript(value=source, slice=ast.JoinedStr() | ast.BinOp()):
            yield source
        case ast.Call(func=ast.Name(id="dict"), args=[source, *_]):
            yield source
        case ast.For(iter=source) | ast.comprehension(iter=source):
            yield source


def longest_wait(code: Code) -> float:
    """The longest timeout in seconds that the code gives to a client as a number; 0 where there is none."""
    waits = (
        each.value.value
        for each in code.nodes
        if isinstance(each, ast.keyword) and each.arg in ("timeout", "read_timeout", "connect_timeout")
        if isinstance(each.value, ast.Constant)
    )
    return max((float(each) for each in waits if isinstance(each, int | float)), default=0)
