"""What a check finds: one rule, one place, one sentence."""

from __future__ import annotations

from dataclasses import dataclass


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
        return " ".join(f"{where}: {self.rule} {self.severity}: {self.message}".split())


def error(rule: str, *, stack: str, path: str = "", message: str) -> Finding:
    """An error of one of our own rules in one stack's template."""
    return Finding(rule, "error", f"{stack}.json", path, message)


def nothing(rule: str, what: str) -> Finding:
    """A rule that has nothing to look at proves nothing, so it says so."""
    return error(rule, stack="root", message=f"no {what} in the set, so this rule checked nothing")
