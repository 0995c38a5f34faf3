"""On the emulator, with IAM enforced, the functions' roles do what the table of needs says, and nothing else."""

from __future__ import annotations

import pytest

from payflow_cfn.audit.emulator.recorded_permissions import observed_uses
from payflow_cfn.audit.permissions.recorded_usage import against_record

pytestmark = [pytest.mark.local, pytest.mark.slow]


def test_observed_is_needed_and_what_is_marked_observed_was_seen() -> None:
    uses = [(each.role, each.action, each.resource) for each in observed_uses()]
    assert against_record(uses, environment="demo") == ()
