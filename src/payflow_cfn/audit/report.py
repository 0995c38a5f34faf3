"""The whole audit: needed against granted in every case, and every mutant shown to those who should notice it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from payflow_cfn.audit.alarms import alarm_sentences, expected_alarm_sentences
from payflow_cfn.audit.cases import CASES, WIDEST, Case
from payflow_cfn.audit.compare import Difference, compare_case, needed_grants, needs_of, set_of
from payflow_cfn.audit.equivalents import EQUIVALENT
from payflow_cfn.audit.kill import Judge, Tally, Verdict, breaks_rules, grants_only, judge, says, tally
from payflow_cfn.audit.mutant import Memory
from payflow_cfn.audit.mutate_alarms import alarm_mutants
from payflow_cfn.audit.mutate_machine import machine_mutants
from payflow_cfn.audit.mutate_policies import policy_mutants
from payflow_cfn.audit.mutate_ties import tie_mutants, wiring_mutants
from payflow_cfn.audit.payloads import REMEMBERS, SENDS
from payflow_cfn.audit.sentences import machine_sentences
from payflow_cfn.audit.ties import expected_tie_sentences, tie_sentences
from payflow_cfn.audit.workflow import expected_sentences
from payflow_cfn.check.templates import TemplateSet


@dataclass(frozen=True, slots=True)
class Report:
    """What is missing and unused (each with its case), and what became of the mutants."""

    missing: tuple[str, ...]
    unused: tuple[str, ...]
    mutants: Tally

    @property
    def clean(self) -> bool:
        """Whether every list is empty."""
        return not (self.missing or self.unused or self.mutants.survivors)

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        found = self.mutants
        return {
            "missing": list(self.missing),
            "unused": list(self.unused),
            "mutants": {
                "total": found.total,
                "killed": found.killed,
                "survivors": list(found.survivors),
                "by_kind": {kind: {"total": n.total, "killed": n.killed} for kind, n in found.by_kind.items()},
                "by_killer": dict(found.by_killer),
                "equivalent": dict(found.equivalent),
            },
        }


def audit(
    own: Case,
    *,
    record: Difference | None = None,
    withheld: Iterable[Verdict] = (),
    stories: Callable[[TemplateSet], Judge] | None = None,
) -> Report:
    """Audit every case and the project's `own`.

    `record` is what the emulator's record showed and `withheld` what came of taking permissions away there; `stories`
    makes the judge that walks payments through a workflow.
    """
    found = [(case.name, compare_case(case)) for case in (*CASES, own)]
    if record is not None:
        found.append(("as seen on the emulator", record))
    return Report(
        missing=_named((name, each.missing) for name, each in found),
        unused=_named((name, each.unused) for name, each in found),
        mutants=mutation(set_of(WIDEST), withheld, stories),
    )


def mutation(
    templates: TemplateSet,
    more: Iterable[Verdict] = (),
    stories: Callable[[TemplateSet], Judge] | None = None,
) -> Tally:
    """Make every mutant of a set (the widest case's) and see who notices it; `more` verdicts are counted as well."""
    walked = {"stories": stories(templates)} if stories else {}
    comparison = grants_only(needed_grants(templates, needs_of(WIDEST, templates)))
    workflow = says(machine_sentences, expected_sentences(SENDS, REMEMBERS))
    alarms = says(alarm_sentences, expected_alarm_sentences())
    ties = says(tie_sentences, expected_tie_sentences())
    expected = (expected_sentences(SENDS, REMEMBERS), expected_alarm_sentences(), expected_tie_sentences())
    wiring = says(_everything, chain(*expected))
    verdicts = (
        judge(
            templates,
            policy_mutants(templates),
            {"comparison": comparison, "rules": breaks_rules("PF02", "PF05", "PF06")},
        ),
        judge(
            templates,
            machine_mutants(templates),
            {**walked, "rules": breaks_rules("PF01", "PF029"), "expectation": workflow},
        ),
        judge(templates, alarm_mutants(templates), {"rules": breaks_rules("PF03"), "expectation": alarms}),
        judge(templates, tie_mutants(templates), {"rules": breaks_rules("PF027", "PF028"), "expectation": ties}),
        # Another wire changes what unchanged parts mean, so everybody looks afresh.
        judge(templates, wiring_mutants(templates), {"comparison": comparison, "expectation": wiring}),
    )
    return tally(chain(*verdicts, more), EQUIVALENT)


def _everything(templates: TemplateSet, _: Memory) -> Iterator[str]:
    return chain(machine_sentences(templates), alarm_sentences(templates), tie_sentences(templates))


def _named(found: Iterable[tuple[str, Iterable[object]]]) -> tuple[str, ...]:
    """Each difference once, with the cases that have it."""
    cases: dict[str, list[str]] = {}
    for name, grants in found:
        for each in grants:
            cases.setdefault(str(each), []).append(name)
    return tuple(f"{text} [{', '.join(names)}]" for text, names in sorted(cases.items()))
