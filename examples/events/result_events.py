"""An event for every final result of a payment, and the queue of a downstream that gets them."""

from typing import Any

from troposphere import AccountId, GetAtt, Ref, Sub
from troposphere.events import DeadLetterConfig, EventBus, Rule, Target
from troposphere.kms import Key
from troposphere.sqs import Queue, QueuePolicy, RedrivePolicy

from payflow_cfn.extensions import Alarm, Draft, Permission, add_alarm, add_resource, add_stack, add_step, allow

# The facts of a notice, none of which is card data. $status also knows CONFLICT and UNKNOWN.
RESULT = "{% $merge([$facts, {'status': $status, 'error': $error, 'execution_arn': $execution.arn}]) %}"
ENTRY = {"EventBusName": Ref("ResultsBusName"), "Source": "payflow", "DetailType": "Payment result", "Detail": RESULT}
UNDELIVERED = Alarm(
    "ResultsUndelivered",
    "results-undelivered",
    "AWS/SQS",
    "ApproximateNumberOfMessagesVisible",
    ("QueueName", "ResultsDeadLettersName"),
    0,
    "a result did not reach the downstream",
    "correct the downstream, then move the dead letters back into its queue",
    "Maximum",
)


def result_events(payments: Draft) -> Draft:
    """Publish before each end of the workflow; an execution whose event is lost fails, so that somebody repeats it."""
    payments = _add_downstream(add_stack(payments, "results", purpose="events of payment results"))
    publish = Permission("events:PutEvents", Ref("ResultsBusArn"), "every final result is an event")
    payments = allow(payments, "Workflow/WorkflowRole", publish)
    # PaymentFailed is the first: when the bus does not answer, the others go there without a second event.
    for result in ("Failed", "Rejected", "Declined", "Complete"):
        payments = add_step(
            payments,
            f"Publish{result}",
            service="events:putEvents",
            payload={"Entries": [ENTRY]},
            before=f"Payment{result}",
            failed="PaymentFailed",
        )
    return add_alarm(payments, UNDELIVERED)


def _add_downstream(payments: Draft) -> Draft:
    key, queue, dead = (GetAtt(each, "Arn") for each in ("ResultsKey", "ResultsQueue", "ResultsDeadLetters"))
    account, bridge = Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root"), {"Service": "events.amazonaws.com"}
    here = {"StringEquals": {"aws:SourceAccount": AccountId}}
    use = _document(
        ("Allow", {"AWS": account}, "kms:*", "*", {}),
        ("Allow", bridge, ["kms:Decrypt", "kms:GenerateDataKey"], "*", here),
    )
    by_rule, plain = {"aws:SourceArn": GetAtt("ResultsRule", "Arn")}, {"aws:SecureTransport": "false"}
    fill = _document(
        ("Allow", bridge, "sqs:SendMessage", [queue, dead], {"ArnEquals": by_rule}),
        ("Deny", "*", "sqs:*", [queue, dead], {"Bool": plain}),
    )
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    facts = {**kept, "KmsMasterKeyId": key, "MessageRetentionPeriod": 14 * 24 * 3600}
    redrive = RedrivePolicy(deadLetterTargetArn=dead, maxReceiveCount=5)
    target = Target(Id="queue", Arn=queue, DeadLetterConfig=DeadLetterConfig(Arn=dead))
    both = [Ref("ResultsQueue"), Ref("ResultsDeadLetters")]
    bus = EventBus("ResultsBus", Name=Sub("payment-results-${Environment}"))
    for resource, outputs in (
        (Key("ResultsKey", KeyPolicy=use, EnableKeyRotation=True, **kept), {}),
        (bus, {"ResultsBusName": Ref(bus), "ResultsBusArn": GetAtt(bus, "Arn")}),
        (Queue("ResultsDeadLetters", **facts), {"ResultsDeadLettersName": GetAtt("ResultsDeadLetters", "QueueName")}),
        (Queue("ResultsQueue", RedrivePolicy=redrive, **facts), {"ResultsQueueUrl": Ref("ResultsQueue")}),
        (QueuePolicy("ResultsQueuePolicy", Queues=both, PolicyDocument=fill), {}),
        (Rule("ResultsRule", EventBusName=Ref(bus), EventPattern={"source": ["payflow"]}, Targets=[target]), {}),
    ):
        payments = add_resource(payments, "results", resource, why="EventBridge fills the queues", outputs=outputs)
    return payments


def _document(*statements: tuple[Any, ...]) -> dict[str, Any]:
    names = ("Effect", "Principal", "Action", "Resource", "Condition")
    found = [{name: each for name, each in zip(names, row, strict=True) if each} for row in statements]
    return {"Version": "2012-10-17", "Statement": found}
