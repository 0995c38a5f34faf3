"""Phrases that a reader has to translate stay out of the code and the docs; each has its plain form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
PHRASES = {
    r"\bwhoever\b": "name the person: a deployer, the caller, a person who",
    r"\b(?:is|are|was|were|be|been|being) (?:\w+ )?told\b(?! apart)": "sends a notice; is shown, printed, reported",
    r"\btells? (?:of|people|nobody|everybody)\b": "sends a notice; shows, reports",
    r"\buntold\b": "without a sent notice",
    r"\bask(?:s|ed)? of\b": "requests from, checks, calls",
    r"\b(?:row|table|status|page|file|template|schema|policy|code|text|name|setting|record)s? says?\b": "holds, shows, lists",
    r"\b(?:is|are|was|were) (?:not )?said\b": "is given, printed, recorded",
    r"\bsay --": "pass --",
    r"\bsaid twice\b": "confirmed with an option",
    r"(?<!here )\b(?:is|are|was|were) no (?!longer|more|such)\w": "is not a; there is no",
    r"\b(?:is|are|was|were) (?-i:none)\b": "there are no",
    r"\bnobody is there\b": "not a terminal",
    r"\bdefaults hold\b": "using defaults",
    r"'s back\b": "outside CloudFormation",
    r"\bhow (?:it|they|an? \w+|the \w+) stands?\b": "the status of",
    r"\bc[oa]mes? to be\b": "is created, becomes active",
    r"\binto being\b|\bbrought about\b": "is created",
    r"\bother self\b": "counterpart",
    r"\bgo(?:es)? for (?:it|those|all|every|what)\b": "applies to",
    r"\bheed(?:s|ed)?\b": "ignores, respects",
    r"\bshall\b": "has to, will",
    r"\bthe way back\b": "the import that restores it",
    r"\bwhat becomes? of\b": "the result of, what happens to",
    r"\bhangs? on\b": "depends on",
    r"\bspoil(?:s|ed|t)?\b": "breaks, damages",
    r"\bpass(?:es|ed)? over\b": "skips",
    r"\bworked out\b": "computed, evaluated",
    r"\bwhat (?:an?|the|our|their) \w+ (?:gives?|brings?|asks?|wants?)\b": "name the thing: existing resources, input",
    r"\bmore is not\b|\bneeds not\b|\bhas not\b(?= an? )": "does not",
}


def read(path: Path) -> str:
    """Return a file's text with each run of blanks as one, so that a phrase is found across a line's end."""
    return re.sub(r"\s*\n[\s#>]*", " ", path.read_text(encoding="utf-8"))


def files() -> list[Path]:
    pages = [TOP / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
    pages += [each for each in (TOP / "docs").glob("*") if each.suffix in {".md", ".py"}]
    code = [each for folder in ("src", "lambdas") for each in (TOP / folder).rglob("*.py")]
    return sorted([*pages, *code])
