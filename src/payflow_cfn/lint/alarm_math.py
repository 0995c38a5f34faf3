"""Rules about what alarms count and compare: sums without gaps, single events, and alarms that belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, NamedTuple

from payflow_cfn.aws.parsed_set import ROOT, ParsedSet
from payflow_cfn.aws.values import Given, Text, listed, scalar_text
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.metric_sources import ALARM, filtered, number, put_by_machines, watched
from payflow_cfn.lint.ours import says_payflow
from payflow_cfn.lint.references import evaluated, text_in

_FILLED = re.compile(r"FILL\([^()]*\)")
_TERM = re.compile(r"\b([a-z]\w*)\s*(?=[-+])|[-+]\s*([a-z]\w*)\b(?!\()")
_COUNT = re.compile(r"Sum|SampleCount|(?:TC|tc)\b.*")
_BY_ZERO = re.compile(r"/\s*(?:0+(?:\.0+)?(?![\d.])|\(\s*([\d.]+)\s*-\s*([\d.]+)\s*\))")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ABOVE = ("GreaterThanThreshold", "GreaterThanOrEqualToThreshold")
_FEW = 3  # queries below which two alarms have the same ids by chance
_HALF = 50
_SLOW = 90


def sums_have_no_gaps(templates: ParsedSet) -> Iterator[Breach]:
    """PF101: an expression of an alarm adds counts that are filled, and divides by no zero.

    A count of the set's own has no data in a period in which nothing was counted, and a sum with it has none either:
    when every payment is declined, a rate of declined to all has no value. Nor has a quotient by 100 minus a goal of
    100 (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html).
    """
    for stack, logical, resource in templates.resources(ALARM):
        given = evaluated(templates, stack, resource.get("Properties", {}))
        queries = [each for each in listed(given.get("Metrics")) if isinstance(each, dict)]
        gaps = {str(each.get("Id")) for each in queries if _has_gaps(templates, each)}
        for query in queries:
            for problem in _math_problems(templates, query.get("Expression"), gaps, len(queries)):
                yield Breach(stack, f"Resources/{logical}/Properties", problem)


def _has_gaps(templates: ParsedSet, query: Mapping[str, Any]) -> bool:
    """Whether it is a count of a metric that no service of AWS publishes."""
    stat = query.get("MetricStat")
    metric = stat.get("Metric") if isinstance(stat, dict) else None
    if not isinstance(stat, dict) or not isinstance(metric, dict):
        return False
    own = not str(metric.get("Namespace")).startswith("AWS/")
    return own and bool(_COUNT.fullmatch(text_in(templates, stat.get("Stat"))))


def _math_problems(templates: ParsedSet, expression: Any, gaps: set[str], count: int) -> Iterator[str]:
    text = _FILLED.sub("0", text_in(templates, expression)) if expression is not None and count > 1 else ""
    terms = {name for pair in _TERM.findall(text) for name in pair if name}
    for name in sorted(terms & gaps):
        yield f"{text}: without data of {name} there is no sum: FILL({name}, 0)"
    for name, value, filled in _with_values(templates, expression):
        for one, other in _BY_ZERO.findall(filled):
            if not one or float(one) == float(other):
                yield f"the expression divides by zero where {name} is {value}"


def _with_values(templates: ParsedSet, expression: Any) -> Iterator[tuple[str, str, str]]:
    """Each parameter of an expression with an allowed value, and the expression with that value."""
    parts = expression.parts if isinstance(expression, Text) else ()
    for each in parts:
        if isinstance(each, Given) and not each.path:
            declared = templates.templates[ROOT]["Parameters"][each.name]
            values = [declared.get(name) for name in ("Default", "MinValue", "MaxValue")]
            for value in {scalar_text(v) for v in (*values, *listed(declared.get("AllowedValues"))) if v is not None}:
                filled = "".join(value if part == each else text_in(templates, part) for part in parts)
                yield each.name, value, filled


def single_events_ring(templates: ParsedSet) -> Iterator[Breach]:
    """PF102: an alarm on single events rings at the first one, and is quiet when none follows.

    A step that counts 1 for each event publishes no zero. Where missing data keeps the state, each data point is above
    the threshold, and the alarm rings for ever: it reports the first event, and no later one. In payflow's sets, one
    data point is enough, since events in several periods in a row never happen
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-missing-data).
    """
    put, is_ours = (*filtered(templates, evaluated), *put_by_machines(templates, evaluated)), says_payflow(templates)
    for stack, logical, resource in templates.resources(ALARM):
        alarm = evaluated(templates, stack, resource.get("Properties", {}))
        threshold = number(text_in(templates, alarm.get("Threshold")))
        if "Metrics" in alarm or threshold is None or alarm.get("ComparisonOperator") not in _ABOVE:
            continue
        for metric in watched(alarm):
            least = [each.least for each in put if each[:2] == metric[:2]]
            if least and all(each is not None and each > threshold for each in least):
                for problem in _event_problems(alarm, metric.name, is_ours):
                    yield Breach(stack, f"Resources/{logical}/Properties", problem)


def _event_problems(alarm: Mapping[str, Any], metric: str, is_ours: bool) -> Iterator[str]:
    missing = alarm.get("TreatMissingData")
    if missing == "ignore":
        yield f"each data point of {metric} is above the threshold, and missing ones are ignored: it rings for ever"
    needed = number(alarm.get("DatapointsToAlarm", alarm.get("EvaluationPeriods")))
    if is_ours and needed is not None and needed > 1 and missing != "breaching":
        yield f"one event is one data point of {metric}, and the alarm waits for {needed:g}"


class _Alarm(NamedTuple):
    stack: str
    logical: str
    given: dict[str, Any]
    metric: tuple[Any, ...]


def alarms_agree(templates: ParsedSet) -> Iterator[Breach]:
    """PF103: alarms that belong together agree: on the threshold of one metric, and on the queries of a rate.

    A percentile of the slow ones is above the average, so its threshold is, too; swapped, the average never rings. Two
    alarms whose ids differ in a word, as Fast and Slow, compute one rate over different times with the same queries
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html).
    """
    alarms = [
        _Alarm(stack, logical, given, () if "Metrics" in given else next(watched(given))[:3])
        for stack, logical, resource in templates.resources(ALARM)
        for given in (evaluated(templates, stack, resource.get("Properties", {})),)
    ]
    for one, other in combinations(alarms, 2):
        if one.metric != other.metric:
            continue
        for problem in _swapped(templates, one, other) if one.metric else _query_problems(one, other):
            yield Breach(one.stack, f"Resources/{one.logical}/Properties", problem)


def _query_problems(one: _Alarm, other: _Alarm) -> Iterator[str]:
    if not _are_twins(one.logical, other.logical):
        return
    queries, others = _queries(one.given), _queries(other.given)
    if len(queries) >= _FEW and queries.keys() == others.keys():
        for name in queries:
            if queries[name] != others[name]:
                yield f"the query {name} is not that of {other.logical}"


def _queries(alarm: Mapping[str, Any]) -> dict[str, str]:
    """The queries by id, as texts without their periods."""
    found = {}
    for each in (each for each in listed(alarm["Metrics"]) if isinstance(each, dict)):
        stat = each.get("MetricStat")
        plain = {**stat, "Period": None} if isinstance(stat, dict) else None
        found[str(each.get("Id"))] = repr({**each, "MetricStat": plain, "Period": None})
    return found


def _are_twins(one: str, other: str) -> bool:
    words, others = _WORD.findall(one), _WORD.findall(other)
    return len(words) == len(others) and sum(a != b for a, b in zip(words, others, strict=True)) == 1


def _swapped(templates: ParsedSet, one: _Alarm, other: _Alarm) -> Iterator[str]:
    how = one.given.get("ComparisonOperator")
    if how not in _ABOVE or how != other.given.get("ComparisonOperator"):
        return
    ranked = [(_rank(each), number(text_in(templates, each.given.get("Threshold")))) for each in (one, other)]
    (rank, limit), (other_rank, other_limit) = ranked
    if limit is None or other_limit is None or not rank or not other_rank:
        return
    if (rank - other_rank) * (limit - other_limit) < 0:
        yield f"its threshold {limit:g} and that of {other.logical}, {other_limit:g}, are the wrong way round"


def _rank(alarm: _Alarm) -> float:
    """Where the statistic lies among the values, as a percentile; 0 where that is not known."""
    how = str(alarm.given.get("Statistic", alarm.given.get("ExtendedStatistic")))
    if how in ("Average", "Maximum"):
        return _HALF if how == "Average" else 100.0
    rank = number(how[1:]) or 0.0 if how[:1] == "p" else 0.0
    return rank if rank >= _SLOW else 0.0  # below, an average may be greater
