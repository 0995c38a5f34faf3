"""The demo ends well on the shipped code, and does not when an effect is missing."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from payflow_cfn.local import demo as module
from payflow_cfn.local.scenarios import SCENARIOS


@pytest.mark.local
@pytest.mark.slow
def test_every_payment_has_exactly_its_effects() -> None:
    lines: list[str] = []
    assert module.demo(lines.append), lines
    assert lines[-1] == "every payment had exactly its effects"
    (table,) = [line for line in lines if line.startswith("scenario ")]
    rows = [row.split("  ") for row in table.splitlines()]
    assert [row[0] for row in rows[1:]] == [
        *(each.name for each in SCENARIOS),
        "payment durations",
        "failures alarm",
        "unknown alarm",
    ]
    assert {row[-1].strip() for row in rows[1:]} == {"ok"}


@pytest.mark.local
def test_a_missing_effect_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(SCENARIOS[0], expected=replace(SCENARIOS[0].expected, notices=1))
    monkeypatch.setattr(module, "SCENARIOS", (wrong,))
    lines: list[str] = []
    assert not module.demo(lines.append)
    assert lines[-1].startswith("mismatches: completed")
    row = next(line for text in lines for line in text.splitlines() if line.startswith("completed"))
    assert row.endswith("WRONG")
    assert ("1 notice;" in row, "0 notices;" in row) == (True, True)


@pytest.mark.local
def test_up_prints_the_environment_and_leaves_nothing_after_ctrl_c() -> None:
    lines: list[str] = []
    bundles: list[str] = []

    def interrupted() -> None:
        exported = dict(line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
        assert exported["AWS_ENDPOINT_URL"].startswith("https://127.0.0.1:")
        assert os.path.exists(exported["AWS_CA_BUNDLE"])
        bundles.append(exported["AWS_CA_BUNDLE"])
        raise KeyboardInterrupt

    module.up(lines.append, wait=interrupted)
    assert len(bundles) == 1
    assert not os.path.exists(bundles[0])
