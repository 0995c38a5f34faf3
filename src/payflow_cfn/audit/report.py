"""The whole audit: needed against granted, in every case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from payflow_cfn.audit.permissions.configurations import CASES, Case
from payflow_cfn.audit.permissions.needs_vs_grants import Difference, compare_case


@dataclass(frozen=True, slots=True)
class Report:
    """What is missing and unused, each with its cases."""

    missing: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether both lists are empty."""
        return not (self.missing or self.unused)


def audit(own: Case, *, record: Difference | None = None) -> Report:
    """Audit every case and the project's `own`; `record` is what the embedded AWS's record of calls showed."""
    found = [(case.name, compare_case(case)) for case in (*CASES, own)]
    if record is not None:
        found.append(("as seen on the emulator", record))
    return Report(
        missing=_named((name, each.missing) for name, each in found),
        unused=_named((name, each.unused) for name, each in found),
    )


def _named(found: Iterable[tuple[str, Iterable[object]]]) -> tuple[str, ...]:
    """Each difference once, with the cases that have it."""
    cases: dict[str, list[str]] = {}
    for name, grants in found:
        for each in grants:
            cases.setdefault(str(each), []).append(name)
    return tuple(f"{text} [{', '.join(names)}]" for text, names in sorted(cases.items()))
