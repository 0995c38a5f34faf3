"""The whole audit: needed against granted in every case, and every mutant shown to those who should notice it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from payflow_cfn.audit.cases import CASES, FACTS, WIDEST, Case
from payflow_cfn.audit.compare import Difference, compare_case, set_of
from payflow_cfn.audit.equivalents import EQUIVALENT
from payflow_cfn.audit.kill import Tally, breaks_a_rule, compares, judge, tally
from payflow_cfn.audit.mutate_policies import policy_mutants
from payflow_cfn.audit.needs import NEEDS


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


def audit(own: Case, *, record: Difference | None = None) -> Report:
    """Audit every case and the project's `own`; `record` is what the emulator's record showed, where it was asked."""
    found = [(case.name, compare_case(case)) for case in (*CASES, own)]
    if record is not None:
        found.append(("as seen on the emulator", record))
    return Report(
        missing=_named((name, each.missing) for name, each in found),
        unused=_named((name, each.unused) for name, each in found),
        mutants=mutation(),
    )


def mutation() -> Tally:
    """Make every mutant of the widest case and see who notices it."""
    templates = set_of(WIDEST)
    table = [each for each in NEEDS if FACTS[each.when](WIDEST)]
    judges = {"comparison": compares(table), "rules": breaks_a_rule}
    return tally(judge(policy_mutants(templates), judges), EQUIVALENT)


def _named(found: Iterable[tuple[str, Iterable[object]]]) -> tuple[str, ...]:
    """Each difference once, with the cases that have it."""
    cases: dict[str, list[str]] = {}
    for name, grants in found:
        for each in grants:
            cases.setdefault(str(each), []).append(name)
    return tuple(f"{text} [{', '.join(names)}]" for text, names in sorted(cases.items()))
