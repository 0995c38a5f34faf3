"""Findings of scanners and of our lint that our templates accept, each with the reason that the template shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payflow_cfn.config.settings import Settings

# By checkov's id; docs/security.md lists them (a test compares).
REASONS: Mapping[str, str] = {
    "CKV_AWS_115": (
        "A reservation takes concurrency from the account's pool and throttles payments above it, so the account's "
        "owner decides its size: the setting reserved_concurrency"
    ),
    "CKV_AWS_116": (
        "Lambda sends only failed asynchronous events to such a queue; the state machine invokes the function "
        "synchronously and records its failure"
    ),
    "CKV_AWS_117": (
        "The functions call only AWS and the payment gateway, over TLS; the setting vpc is for organisations that "
        "route all traffic through their own network"
    ),
}


def function_metadata(settings: Settings) -> dict[str, Any]:
    """The Metadata of a function; a check that a setting satisfies is not suppressed.

    Its form: https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html
    """
    given = {"CKV_AWS_115": settings.reserved_concurrency, "CKV_AWS_117": settings.vpc}
    skipped = [check for check in REASONS if not given.get(check)]
    hides = settings.log_level not in ("DEBUG", "INFO")
    own = accepted(PF088=f"the setting log_level is {settings.log_level}" if hides else "").get("Metadata", {})
    return {"checkov": {"skip": [{"id": check, "comment": REASONS[check]} for check in skipped]}, **own}


def accepted(**findings: str) -> dict[str, Any]:
    """The Metadata by which our own lint accepts these findings {rule: reason}, empty ones left out; empty for none."""
    reasons = {rule: reason for rule, reason in findings.items() if reason}
    return {"Metadata": {"payflow": {"accept": reasons}}} if reasons else {}
