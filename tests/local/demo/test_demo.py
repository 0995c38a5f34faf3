"""Test that the demo succeeds on the shipped code, and fails when an effect is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from payflow_cfn.cli.main import main
from payflow_cfn.errors import LocalError
from payflow_cfn.local.demo import demo as module
from payflow_cfn.local.demo.scenarios import SCENARIOS, verdict

SOURCE = str(Path(module.__file__).parents[3])


@pytest.mark.local
@pytest.mark.slow
def test_every_payment_has_exactly_its_effects(checks: str) -> None:
    lines: list[str] = []
    assert module.demo(lines.append, cache=checks), lines
    assert lines[-1] == "8 payments: 0 charged twice, 0 lost, every notice sent once"
    (table,) = [line for line in lines if line.startswith("scenario ")]
    rows = [row.split("  ") for row in table.splitlines()]
    assert [row[0] for row in rows[1:]] == [
        *(each.name for each in SCENARIOS),
        "payment durations",
        "failures alarm",
        "unknown alarm",
    ]
    assert {row[-1].strip() for row in rows[1:]} == {"ok"}
    assert max(len(line) for text in lines for line in text.splitlines()) <= 80
    assert "payflow local demo --caveats" in lines[-2]


@pytest.mark.local
def test_a_missing_effect_is_named(monkeypatch: pytest.MonkeyPatch, checks: str) -> None:
    wrong = replace(SCENARIOS[0], expected=replace(SCENARIOS[0].expected, notices=1))
    monkeypatch.setattr(module, "SCENARIOS", (wrong,))
    lines: list[str] = []
    assert not module.demo(lines.append, cache=checks, caveats=True)
    assert lines[-1] == "1 payment: 0 charged twice, 0 lost, 1 with a notice missing or too many"
    assert lines[-2].startswith("mismatches: completed")
    assert "\n  - stack policies" in lines[-3]
    table = [line for text in lines for line in text.splitlines()]
    row = next(index for index, line in enumerate(table) if line.startswith("completed "))
    assert ("0 notices;" in table[row], table[row].endswith("WRONG")) == (True, True)
    assert ("1 notice;" in table[row + 1], table[row + 1].endswith("(expected)")) == (True, True)


def test_the_verdict_counts_what_went_wrong_with_the_money() -> None:
    completed, declined = SCENARIOS[0], SCENARIOS[1]
    twice = replace(completed.expected, charges=2)
    assert "charged 2 times" in twice.text()
    lost = replace(declined.expected, row="PROCESSING", notices=0)
    assert verdict([(completed, twice), (completed, twice), (declined, lost)]) == (
        "3 payments: 1 charged twice, 1 lost, 1 with a notice missing or too many"
    )
    assert verdict([(SCENARIOS[-1], SCENARIOS[-1].expected)]) == (
        "1 payment: 0 charged twice, 0 lost, every notice sent once"
    )


@pytest.mark.local
def test_up_prints_the_environment_and_leaves_nothing_after_ctrl_c(checks: str) -> None:
    lines: list[str] = []
    bundles: list[str] = []

    def interrupted() -> None:
        exported = dict(line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
        assert exported["AWS_ENDPOINT_URL"].startswith("https://127.0.0.1:")
        assert os.path.exists(exported["AWS_CA_BUNDLE"])
        bundles.append(exported["AWS_CA_BUNDLE"])
        raise KeyboardInterrupt

    module.up(lines.append, lambda _: None, wait=interrupted, cache=checks)
    assert len(bundles) == 1
    assert not os.path.exists(bundles[0])


@pytest.mark.local
def test_what_up_prints_brings_another_shell_to_it(tmp_path: Path, checks: str) -> None:
    """Standard output is sourced by a shell with a profile, a session and a proxy, and the hints are pasted into it."""
    lines: list[str] = []
    told: list[str] = []
    done: list[subprocess.CompletedProcess[str]] = []
    elsewhere = {"AWS_PROFILE": "nope", "AWS_SESSION_TOKEN": "old", "HTTPS_PROXY": "http://127.0.0.1:1"}

    def paste() -> None:
        hints = [line.replace("payflow", f"{sys.executable} -m payflow_cfn", 1) for line in told[-1].splitlines()[2:-1]]
        assert len(hints) == 2
        done.append(
            subprocess.run(
                ["/bin/sh", "-e", "-c", "\n".join([*lines, *hints])],
                env={**os.environ, **elsewhere, "PYTHONPATH": SOURCE},
                cwd=tmp_path,
                capture_output=True,
                text=True,
            )
        )

    module.up(lines.append, told.append, wait=paste, cache=checks)
    assert done[0].returncode == 0, done[0].stderr
    assert [line for line in done[0].stderr.splitlines() if line.startswith("deployed in ")]
    assert json.loads(done[0].stdout.splitlines()[0])["status"] == "COMPLETED"
    assert all(line.startswith(("export ", "unset ")) for line in lines)


@pytest.mark.parametrize("command", [["demo"], ["up"]])
def test_the_folders_payflow_toml_decides_what_is_deployed(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def opened(_: object, **what: object) -> object:
        raise LocalError(f"{what['settings']} {what['parameters']}")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "opened", opened)
    text = "[settings]\nfunction_memory = 512\n[environments.demo.parameters]\nRiskThreshold = 60\n"
    (tmp_path / "payflow.toml").write_text(text)
    assert main(["local", *command]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "using the settings of payflow.toml, and the parameters of [environments.demo]",
        *(["render, check, package and deploy seven templates to the embedded AWS ..."] * (command == ["up"])),
        "error: Settings(function_memory=512) {'RiskThreshold': '60'}",
    ]
