"""Changes that break, and that keep, the rules about steps that expect something of each other, and about promises."""

from __future__ import annotations

from typing import Any

from meaning_changes import VALUES, argument, condition, expression, filtered, output, ref, rule
from set_changes import Change, Sets, props, put, states, together
from watching_changes import change, pattern

CONDITION, UPDATE = "ConditionExpression", "UpdateExpression"
ENTERED = "$toMillis($states.context.State.EnteredTime)"
ROW = "$states.result.Attributes"
ALARM_FILTER = {"shop": [{"anything-but": ["x"]}]}


def payload(state: str, **values: Any) -> Change:
    return lambda sets: states(sets)[state]["Arguments"]["Payload"].update(values)


def without_choice(state: str, text: str) -> Change:
    def changed(sets: Sets) -> None:
        choices = states(sets)[state]["Choices"]
        states(sets)[state]["Choices"] = [each for each in choices if text not in each["Condition"]]

    return changed


def until(state: str, kind: str, text: str) -> Change:
    return argument(state, VALUES, ":until", {kind: f"{{% {text} %}}"})


def rewritten(state: str, field: str, before: str, after: str) -> Change:
    return lambda sets: put(
        states(sets)[state]["Arguments"], field, states(sets)[state]["Arguments"][field].replace(before, after)
    )


def retried(state: str, **values: Any) -> Change:
    return lambda sets: states(sets)[state]["Retry"][-1].update(values)


def routed_through_a_pass(sets: Sets) -> None:
    states(sets)["Count"] = {"Type": "Pass", "Assign": {"seen": True}, "Next": "RouteReconciliation"}
    states(sets)["ReconcilePayment"]["Next"] = "Count"


def everybody(sets: Sets) -> None:
    """A second subscription, to a queue that gets everything."""
    topic = props(sets, "notifications", "EmailSubscription")["TopicArn"]
    made = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": "arn:aws:sqs:::all"}
    sets["notifications"]["Resources"]["All"] = {"Type": "AWS::SNS::Subscription", "Properties": made}


def tagged(stack: str, logical: str, key: str, value: str) -> Change:
    def changed(sets: Sets) -> None:
        for each in props(sets, stack, logical)["Tags"]:
            if each["Key"] == key:
                each["Value"] = value

    return changed


def of_an_extension(sets: Sets) -> None:
    sets["storage"]["Resources"]["TransactionsTable"]["Metadata"] = {"payflow": {"extension": "shop"}}


def elsewhere(sets: Sets) -> None:
    """A set that does not say that it is payflow's."""
    for template in sets.values():
        template["Description"] = "a shop"


BAD: list[tuple[str, str, Change]] = [
    ("PF039", "no row", lambda s: states(s)["RecordFailure"]["Arguments"].pop("ReturnValues")),
    ("PF039", "no row by name", expression("RecordFailure", "ReturnValues", "NONE")),
    ("PF039", "a part of the row", expression("RecordFailure", "ReturnValues", "UPDATED_OLD")),
    ("PF047", "a status for a step",
     lambda s: put(pattern(s), "FilterPattern", '{ $.event = "payment_completed" }')),
    ("PF042", "another class of data", tagged("storage", "TransactionsTable", "DataClassification", "Public")),
    ("PF042", "another environment", tagged("storage", "TransactionsTable", "Environment", "dev")),
    ("PF090", "never the last", payload("ReconcilePayment", last="{% $asks > 5 %}")),
    ("PF090", "always the last", payload("ReconcilePayment", last="{% $asks >= 1 %}")),
    ("PF090", "turned round", payload("ReconcilePayment", last="{% 6 <= $asks %}")),
    ("PF090", "in a part of a condition", payload("ReconcilePayment", last="{% $told or $asks < 0 %}")),
    ("PF090", "a way that is closed", condition("RouteNotice", "$tries < 0")),
    ("PF091", "one step twice", payload("ReconcilePayment", step="process")),
    ("PF091", "another step", payload("ProcessPayment", step="settle")),
    ("PF092", "a repeated payment", without_choice("RouteValidation", "COMPLETED")),
    ("PF092", "an unknown outcome", without_choice("RouteProcessing", "UNKNOWN")),
    ("PF092", "behind another state",
     together(routed_through_a_pass, without_choice("RouteReconciliation", "UNKNOWN"))),
    ("PF093", "seconds for milliseconds", until("ClaimNotice", "N", f"$string({ENTERED} + 465)")),
    ("PF093", "a minute", until("ClaimNotice", "N", "$string($millis() + 60000)")),
    ("PF093", "a minute in seconds", until("ClaimNotice", "N", "$string($floor($millis() / 1000) + 60)")),
    ("PF093", "a text of a time", until("RecordFailure", "S", f"$fromMillis(465 + {ENTERED})")),
    ("PF093", "more attempts", retried("NotifyFailure", MaxAttempts=15)),
    ("PF093", "a longer attempt", lambda s: put(states(s)["NotifyFailure"], "TimeoutSeconds", 200)),
    ("PF094", "a condition", rewritten("ClaimNotice", CONDITION, "told_at", "toldat")),
    ("PF094", "a removal", rewritten("MarkTold", UPDATE, "open_shard", "open_shards")),
    ("PF094", "by a name", lambda s: put(states(s)["ClaimNotice"]["Arguments"]["ExpressionAttributeNames"], "#status",
                                         "notice_untill")),
    ("PF095", "the input", expression("NotifyFailure", "Message", "{% $string({'of': $input}) %}")),
    ("PF095", "a field of the input", expression("NotifyFailure", "Subject", "{% $input.note %}")),
    ("PF095", "the payment", expression("NotifyFailure", "Message", "{% $string($merge([$payment, {'a': 1}])) %}")),
    ("PF095", "the customer", expression("NotifyFailure", "Subject", "{% $payment.customer_id %}")),
    ("PF095", "the state's input", expression("NotifyFailure", "Message", "{% $string($states.input) %}")),
    ("PF096", "an attribute", filtered(ALARM_FILTER)),
    ("PF096", "a field of the body", filtered({"status": ["FAILED"]}, FilterPolicyScope="MessageBody")),
    ("PF097", "another count", change("PaymentUnknown", MetricName="PaymentsUnknown")),
    ("PF098", "a name that is left out",
     lambda s: rule(s)["RuleCondition"]["Fn::And"][0]["Fn::Contains"][0].remove("prd")),
    ("PF098", "the wrong way round",
     lambda s: put(rule(s)["Assertions"][0], "Assert", {"Fn::Equals": [ref("AllowSimulatedGateway"), "false"]})),
    ("PF098", "no rule", lambda s: s["root"]["Rules"].pop("RealGatewayInProduction")),
    ("PF099", "nothing removed", rewritten("MarkTold", UPDATE, " REMOVE open_shard, open_since", "")),
    ("PF099", "a half", rewritten("MarkTold", UPDATE, ", open_since", "")),
]  # fmt: skip
GOOD: list[tuple[str, Change]] = [
    ("PF039 all of the row before", expression("RecordFailure", "ReturnValues", "ALL_OLD")),
    ("PF039 a choice of the workflow", expression("RecordFailure", "ReturnValues", "{% $told ? 'ALL_NEW' : 'NONE' %}")),
    ("PF039 an attribute that is set",
     together(expression("RecordFailure", "ReturnValues", "UPDATED_NEW"),
              lambda s: states(s)["RecordFailure"]["Assign"].update(status=f"{{% {ROW}.failed_at.S %}}"))),
    ("PF047 a step that is listed", lambda s: put(pattern(s), "FilterPattern", '{ $.event = "payment_settle" }')),
    ("PF042 another owner of an extension's table",
     together(of_an_extension, tagged("storage", "TransactionsTable", "Owner", "Shop"))),
    ("PF090 the last of all", payload("ReconcilePayment", last="{% $asks = 5 %}")),
    ("PF090 a counter of something else",
     together(lambda s: put(states(s)["RouteTold"]["Choices"][0], "Assign", {"asks": "{% $tries * 2 %}"}),
              payload("ReconcilePayment", last="{% $asks > 900 %}"))),
    ("PF090 a constant",
     together(lambda s: put(states(s)["RememberFacts"]["Assign"], "most", 3), condition("RouteNotice", "$most > 4"))),
    ("PF091 a step of the workflow's choice", payload("ProcessPayment", step="{% $told ? 'process' : 'reconcile' %}")),
    ("PF092 two conditions", without_choice("RouteValidation", "$told and $outcome = 'REJECTED'")),
    ("PF093 an hour in seconds", until("ClaimNotice", "N", "$string($floor($millis() / 1000) + 3600)")),
    ("PF093 a time of another step", until("ClaimNotice", "N", "$string($tries + 465)")),
    ("PF094 an attribute of the functions", rewritten("ClaimNotice", CONDITION, "told_at", "idempotency_key")),
    ("PF094 another number", rewritten("ClaimNotice", CONDITION, "told_at", "notice_by2")),
    ("PF095 facts of the payment", expression("NotifyFailure", "Subject", "{% $payment.currency %}")),
    ("PF095 the input of a step", output("NotifyFailure", "$input")),
    ("PF095 another set",
     together(elsewhere, expression("NotifyFailure", "Message", "{% $string($states.input) %}"))),
    ("PF096 no attribute", filtered({"shop": [{"exists": False}]})),
    ("PF096 a field of alarms", filtered({"NewStateValue": ["ALARM"]}, FilterPolicyScope="MessageBody")),
    ("PF096 another subscription", together(filtered(ALARM_FILTER), everybody)),
    ("PF097 another threshold", change("PaymentUnknown", Threshold=3)),
    ("PF097 another set", together(elsewhere, change("PaymentUnknown", MetricName="PaymentsUnknown"))),
    ("PF098 more names", lambda s: rule(s)["RuleCondition"]["Fn::And"][0]["Fn::Contains"][0].append("shop")),
    ("PF099 another record", rewritten("ReopenPayment", UPDATE, "closed_until", "reopened_at")),
]  # fmt: skip
