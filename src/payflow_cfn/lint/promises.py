"""Rules for payflow's sets alone: what the workflow, its alarms and its rules promise to people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.data_resources import TABLE
from payflow_cfn.aws.parsed_set import ROOT, ParsedSet
from payflow_cfn.aws.template import notes_of
from payflow_cfn.aws.values import listed
from payflow_cfn.config.alarms import ALARMS
from payflow_cfn.config.names import COUNTED_ATTRIBUTES, OPEN_PAYMENTS, PRODUCTION_NAMES, SHOWN_ATTRIBUTES
from payflow_cfn.lint.expressions import texts
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.integrations import publishes
from payflow_cfn.lint.machine import all_states
from payflow_cfn.lint.metric_sources import ALARM, watched
from payflow_cfn.lint.parameter_rules import is_refused
from payflow_cfn.lint.references import APART, evaluated, text_in
from payflow_cfn.lint.row_attributes import named_attributes, table_steps

# Where a row records that its notice was sent.
_TOLD = "told_at"
# What the caller of the workflow sent, as a whole.
_SENT = (("input",), ("payment",), ("states", "input"), ("states", "context", "Execution", "Input"))
_CUSTOMER = "customer_id"


def notices_name_no_customer(templates: ParsedSet) -> Iterator[Breach]:
    """PF095: in payflow's sets, a notice holds no customer's id, and nothing as a whole that the caller sent.

    A notice goes by e-mail to each subscriber, and the input may hold the data of a card. The notice has the facts of
    the payment, which the validation has read
    (https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html).
    """
    for state in all_states(templates):
        if publishes(templates, state):
            for text in texts(state):
                read = text.expression.paths if text.expression and text.steps[0] == "Arguments" else ()
                for path in dict.fromkeys(each for each in read if _is_private(each)):
                    told = f"the notice holds ${'.'.join(path)}, which the caller sent"
                    yield Breach(state.stack, f"{state.path}/{text.field}", told)


def _is_private(path: tuple[str, ...]) -> bool:
    return path in _SENT or path[0] == "input" or path[:2] == ("states", "input") or path[-1] == _CUSTOMER


def alarms_watch_their_metric(templates: ParsedSet) -> Iterator[Breach]:
    """PF097: in payflow's sets, an alarm with the logical id of one of ours watches the metric of that one.

    Its runbook, its place in the health alarm and the permissions of the topic are for that metric. The functions count
    others with similar names, such as each unknown outcome that the next question settles
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html).
    """
    rows = {f"{each.title}Alarm": each for each in ALARMS if not each.queries}
    for stack, logical, resource in templates.resources(ALARM):
        row = rows.get(logical)
        if row is None or notes_of(resource).get("extension"):
            continue
        given = evaluated(templates, stack, resource.get("Properties", {}))
        for metric in watched({**given, "MetricName": text_in(templates, given.get("MetricName"))}):
            wanted = row.metric.replace("${Environment}", APART.environment)
            if metric.name != wanted:
                told = f"the alarm is for {row.metric}, and watches {metric.name}"
                yield Breach(stack, f"Resources/{logical}/Properties", told)


def production_moves_money(templates: ParsedSet) -> Iterator[Breach]:
    """PF098: in payflow's sets, a rule of the root refuses the simulated gateway in each environment of production.

    Orders would be accepted, and no money would move. AllowSimulatedGateway=true is the way to want that, and not its
    default
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html).
    """
    root = templates.templates.get(ROOT, {})
    parameters: Mapping[str, Any] = root.get("Parameters", {})
    if parameters.keys() >= {"GatewayAdapter", "AllowSimulatedGateway"}:
        for name in sorted(PRODUCTION_NAMES):
            if not is_refused(root, {"GatewayAdapter": "simulated", "Environment": name}):
                yield Breach(ROOT, "Rules", f"no rule refuses the simulated gateway in the environment {name}")


def told_payments_are_not_open(templates: ParsedSet) -> Iterator[Breach]:
    """PF099: in payflow's sets, a Task that records that the notice was sent removes the row from the open payments.

    The index of open payments has the rows with its key attributes. A settled one that stays in it is looked at again
    and again, and payflow status counts it
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-general-sparse-indexes.html).
    """
    for state, given in table_steps(templates):
        found = named_attributes(given)
        if found and _TOLD in found.set and _TOLD not in found.removed:
            for name in sorted(set(COUNTED_ATTRIBUTES) - found.removed):
                yield Breach(state.stack, f"{state.path}/Arguments/UpdateExpression", f"{name} is not removed")


def tables_take_each_payment(templates: ParsedSet) -> Iterator[Breach]:
    """PF115: in payflow's sets, a table has no cap, and the index of open payments has what a list of them shows.

    A cap on the throughput refuses payments on the busiest day, after some of them were charged. A list without the
    status or the gateway does not say which payment may be charged
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode-max-throughput.html).
    """
    for stack, logical, resource in templates.resources(TABLE):
        given, path = resource.get("Properties", {}), f"Resources/{logical}/Properties"
        if "OnDemandThroughput" in given and not notes_of(resource).get("extension"):
            yield Breach(stack, f"{path}/OnDemandThroughput", "what is above this cap is refused")
        for number, index in enumerate(listed(given.get("GlobalSecondaryIndexes"))):
            shown = index.get("Projection", {})
            missing = [each for each in SHOWN_ATTRIBUTES if each not in listed(shown.get("NonKeyAttributes"))]
            if index.get("IndexName") == OPEN_PAYMENTS and missing and shown.get("ProjectionType") != "ALL":
                told = f"the index of open payments has no {', '.join(missing)}"
                yield Breach(stack, f"{path}/GlobalSecondaryIndexes/{number}/Projection", told)
