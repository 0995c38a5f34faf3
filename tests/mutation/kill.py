"""Who notices a mutant: the comparison of needed and granted, our own rules, or the written expectation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from mutation.mutant import Memory, Mutant
from payflow_cfn.audit.permissions.grants import Grant, grants_of
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.worlds import WORLD
from payflow_cfn.lint.rules import RULES, apply_rules

Judge = Callable[[ParsedSet], bool]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A mutant and who noticed it; nobody is an empty text."""

    mutant: Mutant
    killer: str


@dataclass(frozen=True, slots=True)
class Count:
    """Mutants of one kind."""

    total: int
    killed: int


@dataclass(frozen=True, slots=True)
class Tally:
    """All verdicts summed up; `equivalent` are mutants that change nothing, with the reason, and are not counted."""

    total: int
    killed: int
    survivors: tuple[str, ...]
    by_kind: Mapping[str, Count]
    by_killer: Mapping[str, int]
    equivalent: Mapping[str, str]


def grants_only(needed: Iterable[Grant]) -> Judge:
    """Notices a set whose policies grant more or less than this."""
    right = Counter(set(needed))
    return lambda templates: Counter(grants_of(templates, WORLD)) != right


def breaks_rules(*groups: str) -> Judge:
    """Notices a set that one of our rules finds a fault in; a group is what the ids begin with."""
    ids = tuple(each for each in RULES if each.startswith(groups))
    return lambda templates: bool(apply_rules(templates, ids))


def says(sentences: Callable[[ParsedSet, Memory], Iterable[str]], expected: Iterable[str]) -> Judge:
    """Notices a set whose facts are not the expected ones."""
    right, memory = Counter(expected), Memory()
    return lambda templates: Counter(sentences(templates, memory)) != right


def judge(original: ParsedSet, mutants: Iterable[Mutant], judges: Mapping[str, Judge]) -> Iterator[Verdict]:
    """Show each mutant to the judges in turn, until one notices it.

    A judge that notices the original proves nothing by noticing mutants: that is a survivor of its own.
    """
    for name, notices in judges.items():
        if notices(original):
            yield Verdict(Mutant("unchanged set", name, "noticed although nothing is changed", lambda: original), "")
    for mutant in mutants:
        templates = mutant.make()
        yield Verdict(mutant, next((name for name, notices in judges.items() if notices(templates)), ""))


def tally(verdicts: Iterable[Verdict], equivalent: Mapping[str, str]) -> Tally:
    """Sum up; `equivalent` has the reason by the mutant's text."""
    everyone = list(verdicts)
    excused = {str(each.mutant): equivalent[str(each.mutant)] for each in everyone if str(each.mutant) in equivalent}
    counted = [each for each in everyone if str(each.mutant) not in excused]
    total, killed = Counter(each.mutant.kind for each in counted), Counter(e.mutant.kind for e in counted if e.killer)
    return Tally(
        total=len(counted),
        killed=killed.total(),
        survivors=tuple(str(each.mutant) for each in counted if not each.killer),
        by_kind={kind: Count(total[kind], killed[kind]) for kind in sorted(total)},
        by_killer=dict(sorted(Counter(each.killer for each in counted if each.killer).items())),
        equivalent=excused,
    )
