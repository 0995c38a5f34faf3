"""Test the command line: output and exit status, also without AWS."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from pkgutil import iter_modules

import click
import pytest

from payflow_cfn import cli
from payflow_cfn.cli.main import cli as main_group
from payflow_cfn.cli.main import main
from payflow_cfn.version import TEMPLATE_VERSION

REPOSITORY = Path(__file__).parents[2]


def test_the_committed_templates_are_what_the_code_renders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    assert main(["render", "--check"]) == 0


def test_the_commands_are_the_modules_that_hold_a_function_of_their_own_name() -> None:
    names = [each.name for each in iter_modules(cli.__path__)]
    modules = {name: importlib.import_module(f"payflow_cfn.cli.{name}") for name in names}
    found = [name for name, module in modules.items() if isinstance(getattr(module, name, None), click.Command)]
    assert sorted(found) == sorted(each.replace("-", "_") for each in cli.COMMANDS)


def test_render_check_reports_a_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["render"]) == 0
    (tmp_path / f"templates/{TEMPLATE_VERSION}/storage.json").write_text("{}\n")
    assert main(["render", "--check"]) == 3


def test_wrong_settings_are_one_line_and_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "payflow.toml").write_text("[settings]\nruntimes = 'x'\n")
    assert main(["render"]) == 2
    assert capsys.readouterr().err == "error: [settings] has no key 'runtimes': did you mean 'runtime'?\n"
    assert not (tmp_path / "templates").exists()


def test_several_wrong_settings_are_a_line_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "payflow.toml").write_text("[settings]\nruntimes = 'x'\nfunction_memory = 1\n")
    assert main(["render"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: [settings] has no key 'runtimes': did you mean 'runtime'?",
        "error: setting function_memory is 1, allowed are 128 to 10240: correct it in payflow.toml",
    ]


@pytest.mark.parametrize("arguments", [["nonsense"], ["render", "--nonsense"], ["deploy"]])
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    assert main(arguments) == 2


def test_nothing_slow_is_imported_by_the_package_or_by_help() -> None:
    code = (
        "import sys, payflow_cfn\nfrom payflow_cfn.cli.main import main\n"
        "assert main(['--help']) == 0\n"
        "slow = {'boto3', 'botocore', 'cfnlint', 'yaml', 'troposphere', 'pydantic', 'rich'} & set(sys.modules)\n"
        "assert not slow, slow\n"
        "assert not {'json', 'dataclasses', 'shlex'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.slow
def test_render_needs_no_home_no_region_and_no_network(tmp_path: Path) -> None:
    code = (
        "import socket, sys\n"
        "def blocked(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = blocked\n"
        "from payflow_cfn.cli.main import main\n"
        "assert main(['render', '--artifacts']) == 0\n"
        "assert 'botocore' not in sys.modules"
    )
    environment = {"HOME": "/nonexistent", "AWS_PROFILE": "nope", "PYTHONPATH": str(REPOSITORY / "src")}
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=tmp_path, env=environment)
    assert sorted(each.name for each in (tmp_path / f"templates/{TEMPLATE_VERSION}/artifacts").iterdir()) == [
        "processing.zip",
        "validation.zip",
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_one_line() -> None:
    command = [sys.executable, "-m", "payflow_cfn", "schema"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (
        1, "error: No space left on device: check free space and permissions\n",
    )  # fmt: skip


@pytest.mark.parametrize("group", [[], ["local"]])
def test_help_describes_each_command_in_a_whole_sentence(group: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*group, "-h"]) == 0
    commands = capsys.readouterr().out.split("Commands:\n")[1].splitlines()
    assert len(commands) > 2
    assert [line for line in commands if not re.fullmatch(r"  [a-z-]+ +[A-Z].*[^.][.]", line)] == []


# Stops the process, as Ctrl-C does, at the import of the module that the first argument names.
STOPPED_AT_IMPORT = """
import os, signal, sys
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Stop())
from payflow_cfn.__main__ import run
sys.argv[1:] = ["--help"]
run()
"""


@pytest.mark.parametrize("module", ["payflow_cfn.cli", "payflow_cfn.cli.lazy", "click", "payflow_cfn.cli.main"])
def test_an_interrupt_at_any_import_is_one_line(module: str) -> None:
    program = STOPPED_AT_IMPORT.replace("sys.argv[1]", repr(module))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "\nstopped\n")


def test_nothing_of_ours_is_imported_before_an_interrupt_is_handled() -> None:
    program = (
        "import __future__, gc, sys; before = set(sys.modules); import payflow_cfn.__main__; "
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "['payflow_cfn', 'payflow_cfn.__main__']\n"


@pytest.mark.parametrize(
    ("name", "said"), [("depoy", "No such command 'depoy'. Did you mean 'deploy'?"), ("qqq", "No such command 'qqq'.")]
)
def test_an_unknown_command_is_an_error_with_the_nearest_name(
    name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"Error: {said}"


@pytest.mark.parametrize("encoding", ["latin-1", "cp437", "cp1252"])
def test_what_the_terminal_cannot_write_is_an_escape(encoding: str, tmp_path: Path) -> None:
    for name, value in (("old", "x" * 100), ("new", "x" * 99 + "\u0105\u2026")):
        (tmp_path / name).mkdir()
        text = json.dumps({"Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": value}}}})
        (tmp_path / name / "root.json").write_text(text)
    command = [sys.executable, "-m", "payflow_cfn", "diff", "old", "new"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True)
    assert (done.returncode, done.stderr) == (3, b"")
    lines = done.stdout.decode(encoding).splitlines()
    assert lines[0] == "1 changed in place"
    assert "x\\u0105" in lines[-1]


CARD = "4111111111111111"


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--machine-arn", CARD, "{}"],
        ["run", "--machine-arn", f"arn:aws:states:eu-west-2:123456789012:stateMachine:{CARD}", "{}"],
        ["payment", "T-1", "--env", "dev", "--region", CARD],
        ["payment", "T-1", f"--env={CARD}"],
        ["plan", "--env", "dev", "--parameter", f"NotificationEmail={CARD}"],
        ["deploy", "--env", "dev", "--parameter", "ErrorsThreshold=3", "--parameter", f"{CARD}=3"],
        ["restored", "--env", "dev", "--since", "4111 1111 1111 1111"],
        ["diff", CARD, "templates"],
        ["local", "faults", "--seed", CARD],
    ],
)
def test_card_data_in_any_argument_is_refused_before_a_request_and_not_repeated(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("a request"))
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert ("1111" in said.out + said.err, "card data" in said.err) == (False, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--machine-arn", "arn:aws:states:eu-west-2:501812345673:stateMachine:m", "no json"],
        ["restored", "--env", "artifacts-501812345673", "--since", "yesterday"],
    ],
)
def test_an_account_s_number_is_no_card_number(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "card data" not in capsys.readouterr().err


def _takes_text(parameter: click.Parameter) -> bool:
    return not (isinstance(parameter, click.Option) and (parameter.is_flag or parameter.count))


def _every_parameter(group: click.Group, *before: str) -> Iterator[tuple[str, list[str]]]:
    """The name of each option and argument, with a command line in which it alone is empty."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _every_parameter(command, *before, name)
            continue
        arguments = [each for each in command.params if isinstance(each, click.Argument)]
        for each in filter(_takes_text, command.params):
            given = ["" if one is each else "x" for one in arguments]
            option = [] if isinstance(each, click.Argument) else [each.opts[-1], ""]
            yield each.opts[-1] if option else "", [*before, name, *option, *given]


@pytest.mark.parametrize(("option", "arguments"), [*_every_parameter(main_group)], ids=str)
def test_an_empty_text_is_refused_by_every_option_and_argument(
    option: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    line = said.err.splitlines()[-1]
    assert said.out == ""
    assert re.match(rf"Error: {option or '[A-Z]+'} is empty: give a value", line)


def test_a_variable_that_is_not_set_does_not_deploy_another_plan(capsys: pytest.CaptureFixture[str]) -> None:
    for empty in ("--change-set=", "--change-set= "):
        assert main(["deploy", "--env", "dev", "--set", "ci", empty, "--yes"]) == 2
        assert "--change-set is empty: give a value or leave it out" in capsys.readouterr().err
