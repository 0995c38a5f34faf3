"""A finding of a check: one rule, one place, one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from payflow_cfn.text import one_line

T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One breach; `severity` is error, warning or informational, `path` is the place in `file`, slash-separated."""

    rule: str
    severity: str
    file: str
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.path}" if self.path else self.file
        return one_line(f"{where}: {self.rule} {self.severity}: {self.message}")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a rule demands in one sentence, that with its reason, and the page it comes from (empty for some)."""

    short: str
    full: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of one check, and the explanation of every rule of ours and of every foreign rule among them."""

    findings: tuple[Finding, ...]
    rules: Mapping[str, Explanation] = field(default_factory=dict)


def merged(reports: Mapping[str, Report]) -> Report:
    """The reports of several templates, by name, as one, its findings sorted."""
    found, rules = list[Finding](), dict[str, Explanation]()
    for _, each in sorted(reports.items()):
        found += each.findings
        rules.update(each.rules)
    return Report(tuple(sorted(found)), rules)


@dataclass(frozen=True, slots=True)
class Breach:
    """What a rule of ours finds in one stack's template; which rule that is, the table of rules says."""

    stack: str
    path: str
    message: str
    severity: str = "error"

    def by(self, rule: str) -> Finding:
        """The finding of that rule; its file is still the name of the stack."""
        return Finding(rule, self.severity, self.stack, self.path, self.message)


class NothingToCheckError(Exception):
    """A rule had nothing to check (the text names it); that proves nothing, so it is a finding too."""


def some(what: str, places: Iterable[T]) -> Iterator[T]:
    """The places that a rule looks at; NothingToCheckError where there is none."""
    empty = True
    for each in places:
        empty = False
        yield each
    if empty:
        raise NothingToCheckError(what)
