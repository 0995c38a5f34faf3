"""Phrases that a reader has to translate stay out of the code and the docs; each has its plain form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
PHRASES = {
    r'\A"""(?:What|Who|Which|Where|Whether|How|Why)\b': "name what the module is or does",
    r"\bwhoever\b": "name the person: a deployer, the caller, a person who",
    r"\b(?:is|are|was|were|be|been|being) (?:\w+ )?told\b(?! (?:apart|from))": "sends a notice; is shown, reported",
    r"\b(?:tells? (?:of|people|nobody|everybody)|the (?:topic|alarm|row|page) tells)\b": "sends a notice; shows",
    r"\buntold\b": "without a sent notice",
    r"\bask(?:s|ed)? of\b": "requests from, checks, calls",
    r"\b(?:row|table|status|page|file|template|schema|policy|code|text|name|record)s? says?\b": "holds",
    r"\b(?:is|are|was|were) (?:not )?(?-i:said)\b": "is given, printed, recorded",
    r"\bsay --": "pass --",
    r"\bsaid twice\b": "confirmed with an option",
    r"(?<!here )\b(?:is|are|was|were) no (?!longer|more|such)\w": "is not a; there is no",
    r"(?<!there )\b(?:is|are|was|were) (?-i:none)\b": "there are no",
    r"\bnobody is there\b": "not a terminal",
    r"\bdefaults hold\b": "using defaults",
    r"'s back\b(?!-)": "outside CloudFormation",
    r"\bhow (?:it|they|an? \w+|the \w+) stands?\b": "the status of",
    r"\bc[oa]mes? to be\b": "is created, becomes active",
    r"\binto being\b|\bbrought about\b": "is created",
    r"\bother self\b": "counterpart",
    r"\bgo(?:es)? for (?:those|all|every|what)\b": "applies to",
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

# Transcripts and tables come from the code, which is read itself.
MADE = re.compile(r"<!-- made by .*?<!-- end -->", re.DOTALL)


def text(path: Path) -> str:
    """Return a file's text with each line's end as one blank, so that a phrase is found across lines."""
    return re.sub(r"\s*\n[\s#>]*", " ", MADE.sub("", path.read_text(encoding="utf-8")))


def written() -> dict[str, Path]:
    """Return every file that holds prose, by its path from the top."""
    pages = [TOP / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
    pages += [each for each in (TOP / "docs").rglob("*") if each.suffix in {".md", ".py"}]
    code = [each for folder in ("src", "lambdas", "examples") for each in (TOP / folder).rglob("*.py")]
    return {each.relative_to(TOP).as_posix(): each for each in sorted([*pages, *code])}


def found(path: Path) -> list[str]:
    """Return each phrase of a file, with its plain form."""
    prose = text(path)
    return [
        f"{match[0]!r}: better {plain}"
        for phrase, plain in PHRASES.items()
        for match in re.finditer(phrase, prose, re.IGNORECASE)
    ]


@pytest.mark.slow
def test_no_file_holds_a_phrase_that_a_reader_translates() -> None:
    bad = {name: phrases for name, path in written().items() if (phrases := found(path))}
    assert bad == {}


@pytest.mark.parametrize(
    ("prose", "phrase"),
    [
        ("a failure is told once", "is told"),
        ("Whoever deploys", "Whoever"),
        ("when the row\n    # says so", "row says"),
        ("payments are none", "are none"),
        ("it is no bucket", "is no b"),
        ('"""Whether a bucket exists."""', '"""Whether'),
    ],
)
def test_a_phrase_is_found_across_lines_and_cases(tmp_path: Path, prose: str, phrase: str) -> None:
    path = tmp_path / "page.md"
    path.write_text(prose)
    assert [each.partition("':")[0].strip("'") for each in found(path)] == [phrase]


@pytest.mark.parametrize(
    "prose",
    [
        "there is none",
        "there is no bucket",
        "is no longer",
        "cannot be told from",
        "return None if x is None",
        "if said is Said.PENDING",
    ],
)
def test_plain_words_pass(tmp_path: Path, prose: str) -> None:
    path = tmp_path / "page.md"
    path.write_text(prose)
    assert found(path) == []
