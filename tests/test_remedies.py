"""What an error or an event tells people to type exists: commands, their options, and the AWS CLI's own."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from botocore import xform_name
from botocore.session import Session

from payflow_cfn.cli import COMMANDS
from payflow_cfn.cli.main import cli

SOURCE = Path(__file__).parents[1] / "src" / "payflow_cfn"
OPTION = r"--[a-z][a-z-]*"
# `payflow diff OLD`, "deploy --recreate", "deploy again, or with --wait"
NAMED = re.compile(r"`(payflow(?:_cfn)?) ([a-z-]+(?: [a-z]+)*)")  # The installed command is `payflow`.
COMMAND_OPTION = re.compile(rf"\b({'|'.join(COMMANDS)})((?: {OPTION})+)")


def texts(source: str) -> Iterator[str]:
    """The texts of a module that people read: string literals of several words, f-strings as one, no docstrings."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
        if node.body and isinstance(node.body[0], ast.Expr)
    }
    parts: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts |= {id(each) for each in node.values}
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "X" for each in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts | docstrings:
            yield node.value


def command(words: list[str]) -> click.Command | None:
    """The command that the words begin with, its choice (`policy deployer`) and group (`local demo`) included."""
    context = click.Context(cli)
    found, second = cli.get_command(context, words[0]), words[1] if len(words) > 1 else ""
    if isinstance(found, click.Group):
        return found.get_command(context, second) if second else found
    arguments = [each for each in found.params if isinstance(each, click.Argument)] if found else []
    choices = [each.type.choices for each in arguments if isinstance(each.type, click.Choice)]
    return None if second and choices and second not in choices[0] else found


def options(found: click.Command) -> set[str]:
    return {name for each in found.params for name in (*each.opts, *each.secondary_opts)}


def every_command(group: click.Group = cli) -> Iterator[click.Command]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield from every_command(found) if isinstance(found, click.Group) else [found]


@functools.cache
def known_options() -> frozenset[str]:
    """Every option of ours, those of `aws cloudformation create-change-set`, and pip's that a remedy may name."""
    call = Session().get_service_model("cloudformation").operation_model("CreateChangeSet")
    assert call.input_shape is not None
    aws = {f"--{xform_name(each, '-')}" for each in call.input_shape.members}
    ours = frozenset(name for each in every_command() for name in options(each)) | options(cli)
    of_the_plugin = {"--payflow-update"}
    of_aws_stepfunctions = {"--execution-arn", "--output", "--query"}
    return (
        ours
        | aws
        | of_aws_stepfunctions
        | of_the_plugin
        | {"--force-reinstall", "--no-deps", "--only-binary", "--platform", "--python-version", "--target"}
    )


def faults(text: str) -> list[str]:
    """What a text names that does not exist."""
    found = []
    for match in NAMED.finditer(text):
        if match[1] != "payflow" or command(match[2].split()) is None:
            found.append(match[0].lstrip("`"))
    for match in COMMAND_OPTION.finditer(text):
        known = command([match[1]])
        assert known is not None
        found += [f"{match[1]} {each}" for each in match[2].split() if each not in options(known)]
    if " " in text:
        found += [each for each in re.findall(rf"(?<![\w-]){OPTION}", text) if each not in known_options()]
    return found


# The custom properties of a style sheet look like options.
MODULES = sorted(set(SOURCE.rglob("*.py")) - {SOURCE / "report" / "style.py"})


@pytest.fixture(scope="module")
def told() -> dict[Path, list[str]]:
    """The texts of each module."""
    return {path: list(texts(path.read_text())) for path in MODULES}


def test_what_people_are_told_to_type_exists(told: dict[Path, list[str]]) -> None:
    found = {path: [fault for text in each for fault in faults(text)] for path, each in told.items()}
    assert {path: each for path, each in found.items() if each} == {}


PAGES = sorted([*SOURCE.parents[1].glob("docs/**/*.md"), SOURCE.parents[1] / "README.md"])
TYPED = re.compile(r"(?:`|^\$ )(?:python -m payflow_cfn|payflow) ([a-z][^`\n]*)", re.MULTILINE)


def test_what_the_documentation_types_exists() -> None:
    wrong = []
    for line in TYPED.findall("\n".join(page.read_text() for page in PAGES)):
        words = line.split()
        found = command([each for each in words[:2] if re.fullmatch("[a-z]+(-[a-z]+)*", each)])
        given = {each.split("=")[0] for each in words if re.fullmatch(rf"{OPTION}(=.*)?", each)}
        wrong += [line] if found is None or not given <= options(found) else []
    assert wrong == []


def test_the_remedies_are_found_at_all(told: dict[Path, list[str]]) -> None:
    every = {text for each in told.values() for text in each}
    assert {"`payflow recover --remove` does that", "recover without --skip"} <= every


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("`payflow mend` does that", "payflow mend"),
        ("`payflow_cfn deploy` does that", "payflow_cfn deploy"),
        ("`payflow policy nobody` has it", "payflow policy nobody"),
        ("deploy --force does that", "deploy --force"),
        ("destroy --resume does that", "destroy --resume"),
        ("or with --mend", "--mend"),
    ],
)
def test_a_planted_fault_is_found(text: str, fault: str) -> None:
    assert fault in faults(text)
