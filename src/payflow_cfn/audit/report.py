"""The whole audit: needed against granted, in every case."""

from __future__ import annotations

from collections.abc import Mapping

from payflow_cfn.audit.permissions.configurations import CASES, Case
from payflow_cfn.audit.permissions.needs_vs_grants import KINDS, Deviation, compare_case

Report = Mapping[str, tuple[str, ...]]


def audit(own: Case, *, record: tuple[Deviation, ...] | None = None) -> Report:
    """The differences by kind, each with its cases: every case and the project's `own`.

    `record` is what the embedded AWS's record of calls showed.
    """
    found = [(case.name, compare_case(case)) for case in (*CASES, own)]
    if record is not None:
        found.append(("as seen on the emulator", record))
    cases: dict[tuple[str, str], list[str]] = {}
    for name, deviations in found:
        for each in deviations:
            cases.setdefault((each.kind, str(each)), []).append(name)
    return {
        kind: tuple(f"{text} [{', '.join(names)}]" for (of, text), names in sorted(cases.items()) if of == kind)
        for kind in KINDS
    }
