"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault: the rule that saw it, in which file, where in it, and what is wrong."""

    file: str
    path: str
    rule: str
    severity: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.path or 'template'}: {self.rule} {self.message}"
