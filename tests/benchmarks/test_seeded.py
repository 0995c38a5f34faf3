"""Every seeded defect is noticed: by our own rules, and what they leave by one run of cfn-lint."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.lint import check_set
from payflow_cfn.lint.cfn_lint import lint_templates
from payflow_cfn.stacks import build_stacks
from payflow_cfn.stacks.render import render_templates

SOURCE = Path(__file__).parents[2] / "benchmarks" / "seeded.py"


@pytest.fixture(scope="module")
def shipped() -> dict[str, str]:
    return render_templates(build_stacks(Settings(), {"validation": "a", "processing": "b"}))


@pytest.fixture(scope="module")
def defects() -> Iterator[tuple[Any, ...]]:
    """The benchmark's table; benchmarks/ is no package."""
    sys.path.insert(0, str(SOURCE.parent))
    spec = importlib.util.spec_from_file_location("seeded_defects", SOURCE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["seeded_defects"] = module  # dataclasses look the module of a class up
    spec.loader.exec_module(module)
    yield module.DEFECTS
    sys.path.remove(str(SOURCE.parent))


def seeded(defect: Any, shipped: dict[str, str]) -> str:
    template = json.loads(shipped[f"{defect.template}.json"])
    defect.make(template)
    return json.dumps(template)


def test_every_defect_changes_something_else(defects: tuple[Any, ...], shipped: dict[str, str]) -> None:
    texts = {seeded(each, shipped) for each in defects}
    assert len(texts) == len({each.name for each in defects}) == len(defects) >= 30
    assert not texts & {json.dumps(json.loads(text)) for text in shipped.values()}


@pytest.mark.slow
def test_every_defect_is_noticed(defects: tuple[Any, ...], shipped: dict[str, str]) -> None:
    left = {}
    for each in defects:
        text = seeded(each, shipped)
        if not check_set(parse_set({**shipped, f"{each.template}.json": text})):
            left[each.name] = text
    # The slips that are within one template; the root's children are not beside it here, and it is clean without them.
    texts = {**left, "root.json": shipped["root.json"]}
    reports = lint_templates({name: {name: text} for name, text in texts.items()}, regions=["us-east-1"])
    assert {name for name, each in reports.items() if each.findings} == set(left)
    assert len(left) < len(defects) / 2
