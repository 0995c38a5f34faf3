"""Every mutant of a set and who notices it: the comparison, our rules, the stories or the written expectation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice

from mutation.alarms import alarm_sentences, expected_alarm_sentences
from mutation.equivalents import EQUIVALENT
from mutation.kill import Judge, Tally, Verdict, breaks_rules, grants_only, judge, says, tally
from mutation.mutant import Memory, Mutant
from mutation.mutate_alarms import alarm_mutants
from mutation.mutate_machine import machine_mutants
from mutation.mutate_policies import policy_mutants
from mutation.mutate_ties import tie_mutants, wiring_mutants
from mutation.payloads import REMEMBERS, SENDS
from mutation.sentences import machine_sentences
from mutation.ties import expected_tie_sentences, tie_sentences
from mutation.workflow import expected_sentences
from payflow_cfn.audit.permissions.needs_vs_grants import needed_grants, needs_of
from payflow_cfn.aws.parsed_set import ParsedSet

Make = Callable[[ParsedSet], Iterable[Mutant]]
# What a payment cannot feel: defaults written out, errors that States.TaskFailed holds too, rules that exclude
# each other in another order, values that are overwritten before they are read, the bound of the whole.
UNFELT = (
    "retry",
    "in another order",
    "variable",
    "catch remembers",
    "catch hands on",
    "Output",
    "bound",
    "query language",
)


def mutation(
    templates: ParsedSet,
    more: Iterable[Verdict] = (),
    stories: Callable[[ParsedSet], Judge] | None = None,
    *,
    every: int = 1,
) -> Tally:
    """Show the mutants of a set (the widest case's) to those who should notice them; `every` takes each n-th only.

    `more` verdicts are counted as well; `stories` makes the judge that walks payments through a workflow.
    """
    storytellers = {"stories": stories(templates)} if stories else {}
    verdicts = (
        judge(templates, islice(make(templates), 0, None, every), judges)
        for make, judges in _judges(templates, storytellers).items()
    )
    return tally(chain(chain.from_iterable(verdicts), more), EQUIVALENT)


def walked(templates: ParsedSet, stories: Judge, *, every: int = 1) -> tuple[float, list[str]]:
    """The share of the workflow's mutants that the stories alone notice, and those that they miss and could feel."""
    # A sample is the same in every process: the order in which they are made is not.
    mutants = sorted(machine_mutants(templates), key=str)[::every]
    found = tally(judge(templates, iter(mutants), {"stories": stories}), {})
    missed = [each for each in found.survivors if not any(word in each for word in UNFELT)]
    return found.killed / found.total, missed


def _judges(templates: ParsedSet, walked: Mapping[str, Judge]) -> Mapping[Make, Mapping[str, Judge]]:
    comparison = grants_only(needed_grants(templates, needs_of(templates)))
    workflow, alarms, ties = (
        list(expected_sentences(SENDS, REMEMBERS)),
        list(expected_alarm_sentences()),
        list(expected_tie_sentences()),
    )
    return {
        policy_mutants: {"comparison": comparison, "rules": breaks_rules("PF02", "PF05", "PF06")},
        machine_mutants: {
            **walked,
            "rules": breaks_rules("PF01", "PF029"),
            "expectation": says(machine_sentences, workflow),
        },
        alarm_mutants: {"rules": breaks_rules("PF03"), "expectation": says(alarm_sentences, alarms)},
        tie_mutants: {"rules": breaks_rules("PF027", "PF028"), "expectation": says(tie_sentences, ties)},
        # Another wire changes what unchanged parts mean, so everybody looks afresh.
        wiring_mutants: {"comparison": comparison, "expectation": says(_everything, [*workflow, *alarms, *ties])},
    }


def _everything(templates: ParsedSet, _: Memory) -> Iterator[str]:
    return chain(machine_sentences(templates), alarm_sentences(templates), tie_sentences(templates))
