"""Every weakening of access is marked by diff, and found by the audit; `benchmarks/weakenings.py` audits them all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from benchmark_module import benchmark
from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.audit.permissions.folder import audit_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.diff import AccessChange, diff_sets
from payflow_cfn.stacks.render import build_set

with benchmark("weakened") as module:
    WEAKENINGS: tuple[Any, ...] = module.WEAKENINGS
SHIPPED = dict(build_set(Settings()).templates)


def weakened(row: Any) -> dict[str, str]:
    file = f"{row.template}.json"
    template = json.loads(SHIPPED[file])
    row.make(template)
    return {**SHIPPED, file: json.dumps(template)}


def test_each_area_has_many_different_weakenings() -> None:
    assert min(Counter(each.area for each in WEAKENINGS).values()) >= 8
    assert len({each.name for each in WEAKENINGS}) == len(WEAKENINGS) >= 60
    texts = {weakened(each)[f"{each.template}.json"] for each in WEAKENINGS}
    assert len(texts) == len(WEAKENINGS)
    assert not texts & {json.dumps(json.loads(text)) for text in SHIPPED.values()}


def unmarked(rows: Sequence[Any]) -> list[str]:
    """The weakenings that diff does not mark."""
    values = {"GatewayAdapter": "http", "PermissionsBoundary": "bound"}
    found = []
    for row in rows:
        changes = diff_sets(SHIPPED, weakened(row), old_parameters=values, new_parameters=values)
        if not any(isinstance(each, AccessChange) and each.alarming for each in changes):
            found.append(row.name)
    return found


@pytest.mark.slow
def test_diff_marks_each_tenth() -> None:
    assert unmarked(WEAKENINGS[::10]) == []


@pytest.mark.whole
def test_diff_marks_each() -> None:
    assert unmarked(WEAKENINGS) == []


@pytest.mark.slow
@pytest.mark.parametrize("row", WEAKENINGS[::10], ids=lambda row: row.name)
def test_the_audit_finds_each_tenth(row: Any) -> None:
    assert audit_set(TemplateSet(weakened(row)))
