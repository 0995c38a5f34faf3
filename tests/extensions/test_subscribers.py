"""Subscribers of the topic."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.audit.permissions.folder import audit_set
from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions import Draft, add_subscriber
from payflow_cfn.lint import check_set
from payflow_cfn.stacks.render import build_set
from team_extension import screening_in, write_screening


@pytest.mark.slow
@pytest.mark.parametrize(
    "given",
    [
        {"email": "team@example.com"},
        {"https": "https://example.com/notices", "statuses": ["UNKNOWN"]},
        {"queue": True, "statuses": ["DECLINED", "REJECTED"]},
        {"function": "screening"},
    ],
    ids=["email", "https", "queue", "function"],
)
def test_a_subscriber_is_clean_by_every_rule(given: dict[str, Any], tmp_path: Path) -> None:
    team = screening_in(write_screening(tmp_path))
    found = build_set(Settings(), [team, lambda payments: add_subscriber(payments, "Acme", **given)])
    assert check_set(parse_set(found.templates)) == []
    assert audit_set(found) == []
    every = {name: each for text in found.templates.values() for name, each in json.loads(text)["Resources"].items()}
    assert every["AcmeSubscription"]["Properties"].get("FilterPolicy", {}).get("status", []) == given.get(
        "statuses", []
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda payments: add_subscriber(payments, "Acme"),
        lambda payments: add_subscriber(payments, "Acme", email="a@b", https="https://b"),
    ],
)
def test_a_subscriber_has_one_endpoint(change: Callable[[Draft], Draft]) -> None:
    with pytest.raises(ExtensionError, match="subscriber Acme needs one endpoint"):
        build_set(Settings(), [change])
