"""An estimate of a month's cost: the requests of each outcome times their share, and what stands still."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from payflow_cfn.aws.data_resources import FUNCTION
from payflow_cfn.report import prices
from payflow_cfn.report.prices import Price
from payflow_cfn.report.subject import Subject
from payflow_cfn.report.ways import WAYS, Requests, Way, requests_of

DAYS = 30
# Assumptions, which the page lists.
FUNCTION_SECONDS = Decimal("0.2")
LOG_BYTES = 4_000
# An item of up to 1 KB is one write unit; a payment's row with its history is below 2 KB.
UNITS_A_WRITE = 2
_GB = 10**9
_ALARM, _COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
_OURS = "PaymentWorkflow"


class Line(NamedTuple):
    """One line of the estimate: `formula` says how the quantity comes about."""

    item: str
    formula: str
    quantity: Decimal
    price: Price

    @property
    def dollars(self) -> Decimal:
        """The line's cost in a month."""
        return self.quantity * self.price.dollars / self.price.per


def predicted(subject: Subject) -> list[tuple[Way, Requests]]:
    """Each way that the set's workflow has, with its requests."""
    found = ((way, requests_of(subject.machine, way)) for way in WAYS)
    return [(way, each) for way, each in found if each is not None]


def estimate(subject: Subject) -> list[Line]:
    """The lines with a quantity."""
    return [each for each in (*_by_payment(subject), *_standing(subject)) if each.quantity]


def _by_payment(subject: Subject) -> Iterator[Line]:
    payments = Decimal(subject.request.payments_per_day * DAYS)
    base = f"{subject.request.payments_per_day} a day \N{MULTIPLICATION SIGN} {DAYS} days"

    def a_payment(field: str) -> Decimal:
        return sum((way.share * getattr(each, field) for way, each in predicted(subject)), Decimal(0))

    def line(item: str, field: str, price: Price, times: Decimal | int = 1, what: str = "") -> Line:
        each = a_payment(field)
        return Line(item, f"{base} \N{MULTIPLICATION SIGN} {each.normalize():f}{what}", payments * each * times, price)

    memory = _memory(subject)
    seconds = f" invocations \N{MULTIPLICATION SIGN} {FUNCTION_SECONDS} s \N{MULTIPLICATION SIGN} {memory:f} GB"
    yield line("Step Functions", "transitions", prices.TRANSITIONS, what=" transitions")
    yield line("Lambda requests", "invocations", prices.INVOCATIONS, what=" invocations")
    yield line(
        "Lambda time", "invocations", prices.GB_SECONDS[_architecture(subject)], FUNCTION_SECONDS * memory, seconds
    )
    units = f" writes \N{MULTIPLICATION SIGN} {UNITS_A_WRITE} units"
    yield line("DynamoDB writes", "writes", prices.WRITES, UNITS_A_WRITE, units)
    yield line("SNS notices", "notices", prices.NOTICES, what=" notices")
    yield line("CloudWatch metric requests", "metrics", prices.METRIC_REQUESTS, what=" requests")
    logs = f"{base} \N{MULTIPLICATION SIGN} {LOG_BYTES} bytes"
    yield Line("CloudWatch Logs", logs, payments * LOG_BYTES / _GB, prices.LOGS)


def _standing(subject: Subject) -> Iterator[Line]:
    alarms = [each for _, _, each in subject.resources(_ALARM)]
    read = [metric for each in alarms for metric in _metrics(each)]
    ours = {metric for metric in read if metric[0].startswith(_OURS)}

    def count(kind: str) -> Decimal:
        return Decimal(len(list(subject.decided.resources(kind))))

    yield Line("CloudWatch metrics", "payflow's metrics that alarms read", Decimal(len(ours)), prices.METRICS)
    yield Line("CloudWatch alarms", "metrics that alarms read, in each alarm", Decimal(len(read)), prices.ALARM_METRICS)
    yield Line("Composite alarms", "in the set", count(_COMPOSITE), prices.COMPOSITES)
    yield Line("Dashboards", "in the set", count("AWS::CloudWatch::Dashboard"), prices.DASHBOARDS)
    yield Line("KMS keys", "in the set", count("AWS::KMS::Key"), prices.KEYS)
    yield Line("Secrets", "in the set", count("AWS::SecretsManager::Secret"), prices.SECRETS)


def _metrics(alarm: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "MetricName" in alarm:
        yield str(alarm.get("Namespace")), str(alarm["MetricName"])
    for each in alarm.get("Metrics", ()):
        metric = each.get("MetricStat", {}).get("Metric", {})
        if metric:
            yield str(metric.get("Namespace")), str(metric.get("MetricName"))


def _memory(subject: Subject) -> Decimal:
    sizes = [Decimal(str(each.get("MemorySize", 128))) / 1024 for _, _, each in subject.resources(FUNCTION)]
    return round(sum(sizes, Decimal(0)) / max(len(sizes), 1), 4).normalize()


def _architecture(subject: Subject) -> str:
    found = {str(each.get("Architectures", ["x86_64"])[0]) for _, _, each in subject.resources(FUNCTION)}
    return "arm64" if found == {"arm64"} else "x86_64"
