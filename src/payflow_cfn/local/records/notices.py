"""Subscribe a queue of our own to a topic, to read the notices that really arrive."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from payflow_cfn.local.emulator.clients import LocalClients


@dataclass(frozen=True, slots=True)
class Notice:
    """One message as a subscriber gets it: `attributes` are the message attributes' values by name."""

    subject: str
    message: str
    attributes: Mapping[str, str]


def listen(clients: LocalClients, topic_arn: str, *, queue: str) -> str:
    """Create a queue that the topic (and nobody else) may send to, subscribe it, and return its URL."""
    sqs = clients("sqs")
    url: str = sqs.create_queue(QueueName=queue)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    # Without a policy SNS delivers nothing, here as at AWS.
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TopicSends",
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    clients("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)
    return url


def received(clients: LocalClients, queue_url: str) -> list[Notice]:
    """Take everything that is in the queue now; MiniStack delivers before the publishing call returns."""
    return [_notice(json.loads(body)) for body in _bodies(clients, queue_url)]


def payment_notices(notices: Iterable[Notice]) -> list[dict[str, Any]]:
    """The workflow's notices as JSON, without those of alarms, which use the same topic."""
    told = (json.loads(each.message) for each in notices)
    return [each for each in told if "transaction_id" in each]


def _bodies(clients: LocalClients, queue_url: str) -> Iterator[str]:
    sqs = clients("sqs")
    while messages := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            yield message["Body"]


def _notice(envelope: Mapping[str, Any]) -> Notice:
    attributes = {name: entry["Value"] for name, entry in (envelope.get("MessageAttributes") or {}).items()}
    return Notice(subject=envelope.get("Subject") or "", message=envelope["Message"], attributes=attributes)
