"""Who may use the topic and its queue, as the rendered policies say it."""

from __future__ import annotations

import json

from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.render import build_set


def test_the_queue_refuses_every_action_without_tls() -> None:
    stack = json.loads(build_set(Settings()).templates["notifications.json"])
    document = stack["Resources"]["NotificationsDeadLetterQueuePolicy"]["Properties"]["PolicyDocument"]
    denied = [each for each in document["Statement"] if each["Effect"] == "Deny"]
    assert [(each["Principal"], each["Action"], each["Condition"]) for each in denied] == [
        ({"AWS": "*"}, ["sqs:*"], {"Bool": {"aws:SecureTransport": "false"}})
    ]
