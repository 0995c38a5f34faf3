"""Each permission that was observed is missed when it is taken away, and one that no call needs is not."""

from __future__ import annotations

import pytest

from mutation.withheld import PROBES, noticed, withhold
from payflow_cfn.audit.emulator.deployed_functions import functions_site
from payflow_cfn.audit.permissions.needs import NEEDS


def test_every_observed_line_of_the_table_has_a_probe() -> None:
    observed = {(each.policy, action) for each in NEEDS if each.seen == "observed" for action in each.actions.split()}
    assert set(PROBES) == observed


@pytest.mark.local
@pytest.mark.slow
def test_every_permission_is_missed() -> None:
    assert [str(each.mutant) for each in withhold() if not each.killer] == []


@pytest.mark.local
@pytest.mark.slow
def test_a_permission_that_the_call_does_not_need_is_not_missed() -> None:
    probe = PROBES["identity ValidationRole", "dynamodb:PutItem"]
    with functions_site() as site:
        assert not noticed(site, "identity ValidationRole", "kms:Decrypt", probe)
