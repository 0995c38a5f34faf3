"""Amazon Simple Queue Service."""

from __future__ import annotations

from typing import Any

from troposphere import Ref, Tags
from troposphere.sqs import Queue, QueuePolicy

FOURTEEN_DAYS = 14 * 24 * 3600


def dead_letter_queue(*, name: Any, key_arn: Any, tags: Tags) -> Queue:
    """The queue for undeliverable notices; it keeps them as long as SQS can."""
    return Queue(
        "NotificationsDeadLetterQueue",
        QueueName=name,
        KmsMasterKeyId=key_arn,
        MessageRetentionPeriod=FOURTEEN_DAYS,
        Tags=tags,
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )


def dead_letter_queue_policy(queue: Queue, *, policy: Any) -> QueuePolicy:
    """The queue's policy on who may send to it."""
    return QueuePolicy("NotificationsDeadLetterQueuePolicy", Queues=[Ref(queue)], PolicyDocument=policy)
