"""Test a plan in colour: only on a terminal, and without colours from a template."""

from __future__ import annotations

import sys

import click
import pytest

from payflow_cfn.cli.colours import say_plan

TEXT = "data at risk:\n  ! A (T) \x1b[5mgone\n\n    ~ B: 1 -> 2"


@click.command()
def shown() -> None:
    say_plan(TEXT)


def run(capsys: pytest.CaptureFixture[str], *, colour: bool | None) -> str:
    shown.main([], standalone_mode=False, color=colour)
    return capsys.readouterr().out


def test_a_terminal_sees_colours_and_none_of_the_templates(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, colour=True)
    assert "\x1b[31m\x1b[1m  ! A (T)  [5mgone\x1b[0m" in out
    assert "\x1b[33m    ~ B: 1 -> 2\x1b[0m" in out
    assert "\x1b[5m" not in out


def test_a_file_or_no_color_gets_plain_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = "data at risk:\n  ! A (T)  [5mgone\n\n    ~ B: 1 -> 2\n"
    assert run(capsys, colour=None) == plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert run(capsys, colour=True) == plain


def test_a_terminal_gets_lines_of_its_width_and_whole_names(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    name = "arn:aws:logs:us-east-1:123456789012:*"
    say_plan(f"one\n  + somebody may now do this on {name}")
    assert [click.unstyle(line) for line in capsys.readouterr().out.splitlines()] == [
        "one",
        "  + somebody may now do this",
        "      on",
        f"      {name}",
    ]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    say_plan(f"one\n  + somebody may now do this on {name}")
    assert len(capsys.readouterr().out.splitlines()) == 2
