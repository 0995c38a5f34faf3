"""What a check finds: one rule, one place, one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from payflow_cfn.text import one_line


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
    """What a rule demands in one sentence, that with its reason, and the page it comes from (empty for our own)."""

    short: str
    full: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of one check, and the explanation of every rule of ours and of every foreign rule among them."""

    findings: tuple[Finding, ...]
    rules: Mapping[str, Explanation] = field(default_factory=dict)


def error(rule: str, *, stack: str, path: str = "", message: str) -> Finding:
    """An error of one of our own rules in one stack's template."""
    return Finding(rule, "error", f"{stack}.json", path, message)


def nothing(rule: str, what: str) -> Finding:
    """A rule that has nothing to look at proves nothing, so it says so."""
    return error(rule, stack="root", message=f"no {what} in the set, so this rule checked nothing")
