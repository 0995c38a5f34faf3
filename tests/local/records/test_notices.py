"""Test that a subscribed queue gets its topic's messages and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from payflow_cfn.local.records.notices import Notice, listen, received

if TYPE_CHECKING:
    from payflow_cfn.local.emulator.clients import LocalClients

pytestmark = pytest.mark.local


def test_every_notice_arrives_once_with_its_attributes(clients: LocalClients) -> None:
    topic = clients("sns").create_topic(Name="notices")["TopicArn"]
    queue = listen(clients, topic, queue="subscriber")
    for number in range(12):
        clients("sns").publish(
            TopicArn=topic,
            Subject="Payment failed",
            Message=str(number),
            MessageAttributes={"status": {"DataType": "String", "StringValue": "REJECTED"}},
        )
    got = received(clients, queue)
    assert sorted(got, key=lambda notice: int(notice.message)) == [
        Notice("Payment failed", str(number), {"status": "REJECTED"}) for number in range(12)
    ]
    assert received(clients, queue) == []


def test_another_topic_may_not_send_to_the_queue(clients: LocalClients) -> None:
    topics = [clients("sns").create_topic(Name=name)["TopicArn"] for name in ("one", "two")]
    queue = listen(clients, topics[0], queue="subscriber")
    arn = clients("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    clients("sns").subscribe(TopicArn=topics[1], Protocol="sqs", Endpoint=arn)
    for topic in topics:
        clients("sns").publish(TopicArn=topic, Message=topic)
    assert [notice.message for notice in received(clients, queue)] == [topics[0]]
