"""Defects between steps: counters, claims, answers and notices that do not fit what comes before or after.

Written before the rules that find them. Each template is valid and deploys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from seeded_edits import Make, Template, at, properties, states

# The template, what is wrong in it, and the change that makes it so.
Slip = tuple[str, str, Make]

_VALUES = ("Arguments", "ExpressionAttributeValues")
_ENTERED = "$toMillis($states.context.State.EnteredTime)"


def _written(name: str, field: str, before: str, after: str) -> Make:
    """Write a part of an argument in another way."""

    def make(template: Template) -> None:
        arguments = states(template)[name]["Arguments"]
        arguments[field] = arguments[field].replace(before, after)

    return make


def in_counters() -> Iterator[Slip]:
    """Comparisons of a counter that always come out the same way."""
    last = ("Arguments", "Payload", "last")
    yield "workflow", "a last question that never comes", at("ReconcilePayment", *last, value="{% 6 <= $asks %}")
    yield "workflow", "each question is the last one", at("ReconcilePayment", *last, value="{% $asks >= 0 %}")
    never = "{% $tries < 0 %}"
    yield "workflow", "a notice that is never awaited", at("RouteNotice", "Choices", 0, "Condition", value=never)


def _without_unknown(template: Template) -> None:
    choices = states(template)["RouteReconciliation"]["Choices"]
    choices[:] = [each for each in choices if "UNKNOWN" not in each["Condition"]]


def in_answers() -> Iterator[Slip]:
    """What a step asks for, and what the next one makes of the answer."""
    step = ("Arguments", "Payload", "step")
    yield "workflow", "a payment that no step processes", at("ProcessPayment", *step, value="reconcile")
    yield "workflow", "a step that the function has not", at("ReconcilePayment", *step, value="charge")
    yield "workflow", "an unknown outcome that is unexpected", _without_unknown
    rejected = "{% $outcome = 'REJECTED' %}"
    yield "workflow", "a conflict that is unexpected", at("RouteValidation", "Choices", 5, "Condition", value=rejected)
    returned = ("Arguments", "ReturnValues")
    yield "workflow", "a row that is not returned", at("RecordFailure", *returned, value="NONE")
    yield "workflow", "a row that is returned in part", at("RecordFailure", *returned, value="UPDATED_NEW")


def in_claims() -> Iterator[Slip]:
    """A claim that ends before the work that it is for."""
    minute, instant = f"{{% $string({_ENTERED} + 60000) %}}", f"{{% $fromMillis({_ENTERED} + 465) %}}"
    yield "workflow", "a claim of a minute", at("ClaimNotice", *_VALUES, ":until", "N", value=minute)
    yield "workflow", "a notice that outlasts its claim", at("NotifyFailure", "TimeoutSeconds", value=200)
    yield (
        "workflow",
        "a row that is closed for an instant",
        at("RecordFailure", *_VALUES, ":until", "S", value=instant),
    )


def in_rows() -> Iterator[Slip]:
    """Attributes that are not those of the row, and what a notice tells of it."""
    condition, update = "ConditionExpression", "UpdateExpression"
    yield (
        "workflow",
        "a condition on an attribute without a writer",
        _written("ClaimNotice", condition, "told_at", "toldat"),
    )
    yield "workflow", "an index that keeps what is settled", _written("MarkTold", update, "open_shard,", "open_shards,")
    whole = "{% $string({'status': $status, 'error': $error, 'of': $input}) %}"
    yield "workflow", "a notice with the whole input", at("NotifyFailure", "Arguments", "Message", value=whole)
    customer = "{% 'A payment of ' & $payment.customer_id %}"
    yield "workflow", "a subject with the customer", at("NotifyFailure", "Arguments", "Subject", value=customer)


def _tagged(logical: str, key: str, value: str) -> Make:
    def make(template: Template) -> None:
        for each in properties(template, logical)["Tags"]:
            if each["Key"] == key:
                each["Value"] = value

    return make


def _unguarded(template: Template) -> None:
    condition = template["Rules"]["RealGatewayInProduction"]["RuleCondition"]
    condition["Fn::And"][0]["Fn::Contains"][0].remove("production")


def in_the_rest() -> Iterator[Slip]:
    """Alarms, filters, tags and rules that say something else than the rest of the set."""
    other = {"MetricName": "PaymentsFailed"}
    yield (
        "monitoring",
        "unknown payments by another count",
        lambda t: properties(t, "PaymentUnknownAlarm").update(other),
    )
    policy = {"environment": [{"anything-but": ["laptop"]}]}
    yield (
        "notifications",
        "a filter that drops alarms",
        lambda t: properties(t, "EmailSubscription").update(FilterPolicy=policy),
    )
    yield "encryption", "a key that is called public", _tagged("DynamodbKey", "DataClassification", "Public")
    yield "root", "a production that no rule guards", _unguarded


STEPS: Mapping[str, Callable[[], Iterator[Slip]]] = {
    "counters": in_counters,
    "answers": in_answers,
    "claims": in_claims,
    "rows": in_rows,
    "the rest": in_the_rest,
}
