"""Every seeded defect is noticed: by our own rules, and what they leave by cfn-lint, where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from benchmark_module import benchmark
from payflow_cfn.artifacts.identities import artifact_inputs
from payflow_cfn.aws.parsed_set import ParsedSet, parse_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.lint.cfn_lint import lint_templates
from payflow_cfn.lint.rules import RULES, apply_rules
from payflow_cfn.stacks import build_stacks
from payflow_cfn.stacks.render import render_templates


@pytest.fixture(scope="module")
def shipped() -> dict[str, str]:
    return render_templates(build_stacks(Settings(), {each.name: each.identity for each in artifact_inputs()}))


@pytest.fixture(scope="module")
def defects() -> Iterator[tuple[Any, ...]]:
    with benchmark("seeded") as module:
        yield module.DEFECTS


def seeded(defect: Any, shipped: dict[str, str]) -> str:
    template = json.loads(shipped[f"{defect.template}.json"])
    defect.make(template)
    return json.dumps(template)


def test_every_defect_changes_something_else(defects: tuple[Any, ...], shipped: dict[str, str]) -> None:
    texts = {seeded(each, shipped) for each in defects}
    assert len(texts) == len({each.name for each in defects}) == len(defects) >= 30
    assert not texts & {json.dumps(json.loads(text)) for text in shipped.values()}


def noticed_by_a_rule(templates: ParsedSet, rules: list[str]) -> bool:
    """Whether a rule finds something; it is tried first on the next defect, which often is of its kind."""
    for rule in rules:
        if apply_rules(templates, [rule]):
            rules.remove(rule)
            rules.insert(0, rule)
            return True
    return False


def changed(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """The paths where a template differs."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() | after.keys():
            yield from changed(before.get(key), after.get(key), f"{path}{key}/")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, pair in enumerate(zip(before, after, strict=True)):
            yield from changed(*pair, f"{path}{index}/")
    elif before != after:
        yield path


def overlap(one: set[str], other: set[str]) -> bool:
    return any(a.startswith(b) or b.startswith(a) for a in one for b in other)


@dataclass
class Batch:
    """A template with several defects, each at another place."""

    template: dict[str, Any]
    places: dict[str, set[str]] = field(default_factory=dict)

    def noticed(self, findings: list[str]) -> set[str]:
        """The defects at, above or below whose places there are findings that are about no other defect."""
        about = [[name for name, places in self.places.items() if overlap(places, {each})] for each in findings]
        return {names[0] for names in about if len(names) == 1}


def batches(defects: list[Any], shipped: dict[str, str], *, alone: bool) -> list[Batch]:
    found: list[tuple[str, Batch]] = []
    for each in defects:
        before = json.loads(shipped[f"{each.template}.json"])
        places = set(changed(before, json.loads(seeded(each, shipped))))
        fitting = (
            batch
            for name, batch in found
            if name == each.template and not any(overlap(places, other) for other in batch.places.values())
        )
        batch = None if alone else next(fitting, None)
        if batch is None:
            batch = Batch(before)
            found.append((each.template, batch))
        each.make(batch.template)
        batch.places[each.name] = places
    return [batch for _, batch in found]


def noticed_by_cfn_lint(made: list[Batch]) -> set[str]:
    """The defects that it reports where they are; the root's children are not beside it here."""
    texts = {f"{number}.json": {f"{number}.json": json.dumps(each.template)} for number, each in enumerate(made)}
    reports = lint_templates(texts, regions=["us-east-1"])
    return {
        name
        for number, each in enumerate(made)
        for name in each.noticed([f"{finding.path}/" for finding in reports[f"{number}.json"].findings])
    }


def left_by_our_rules(defects: Sequence[Any], shipped: dict[str, str]) -> list[Any]:
    rules = list(RULES)
    assert not noticed_by_a_rule(parse_set(shipped), rules)
    sets = ((each, parse_set({**shipped, f"{each.template}.json": seeded(each, shipped)})) for each in defects)
    return [each for each, templates in sets if not noticed_by_a_rule(templates, rules)]


def unnoticed_by_cfn_lint(left: list[Any], shipped: dict[str, str]) -> set[str]:
    together = noticed_by_cfn_lint(batches(left, shipped, alone=False))
    # What several defects hide from each other is looked at alone.
    rest = batches([each for each in left if each.name not in together], shipped, alone=True)
    return {each.name for each in left} - together - noticed_by_cfn_lint(rest)


@pytest.mark.slow
def test_each_of_a_sample_of_defects_is_noticed(defects: tuple[Any, ...], shipped: dict[str, str]) -> None:
    left = left_by_our_rules(defects[::20], shipped)
    assert left
    assert unnoticed_by_cfn_lint(left, shipped) == set()


@pytest.mark.whole
def test_every_defect_is_noticed(defects: tuple[Any, ...], shipped: dict[str, str]) -> None:
    left = left_by_our_rules(defects, shipped)
    assert len(left) < len(defects) / 2
    assert unnoticed_by_cfn_lint(left, shipped) == set()
