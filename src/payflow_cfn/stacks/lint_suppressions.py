"""Findings of scanners and of our own lint to skip in our templates, each with the reason that the template shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payflow_cfn.config.settings import Settings

# By checkov's id; docs/security.md lists them (a test compares).
REASONS: Mapping[str, str] = {
    "CKV_AWS_115": (
        "A reserve comes out of the account's pool and throttles payments above it, so its size is the owner's to say: "
        "the setting reserved_concurrency"
    ),
    "CKV_AWS_116": (
        "Lambda sends only asynchronous events to such a queue; the state machine calls, waits, and keeps the failure"
    ),
    "CKV_AWS_117": (
        "The functions reach AWS and the payment gateway over TLS and nothing inside a network: the setting vpc is for "
        "organisations that route all traffic themselves"
    ),
}


def function_metadata(settings: Settings) -> dict[str, Any]:
    """The Metadata of a function; a check that a setting satisfies is not skipped.

    Its form: https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html
    """
    given = {"CKV_AWS_115": settings.reserved_concurrency, "CKV_AWS_117": settings.vpc}
    skipped = [check for check in REASONS if not given.get(check)]
    return {"checkov": {"skip": [{"id": check, "comment": REASONS[check]} for check in skipped]}}


def accepted(**findings: str) -> dict[str, Any]:
    """The Metadata by which our own lint accepts these findings {rule: reason}, empty ones left out; empty for none."""
    reasons = {rule: reason for rule, reason in findings.items() if reason}
    return {"Metadata": {"payflow": {"accept": reasons}}} if reasons else {}
