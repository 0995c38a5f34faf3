"""Payments through a set with a team's step, function and bucket, on the embedded AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from payflow_cfn.config.settings import Settings
from payflow_cfn.extensions import add_subscriber
from payflow_cfn.local.emulator.admin import reset
from payflow_cfn.local.emulator.clients import local_clients
from payflow_cfn.stacks.render import build_set
from payflow_cfn.testing import Deployed
from payflow_cfn.testing.deployed import deploy
from team_extension import screening_in, write_screening

if TYPE_CHECKING:
    from payflow_cfn.extensions import Draft
    from payflow_cfn.local.emulator.emulator import Emulator

pytestmark = pytest.mark.local


def subscribed(payments: Draft) -> Draft:
    return add_subscriber(payments, "Declines", queue=True, statuses=["DECLINED"])


@pytest.fixture(scope="module")
def site(shared_emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    reset(shared_emulator)
    folder = write_screening(tmp_path_factory.mktemp("team"))
    return deploy(local_clients(shared_emulator), build_set(Settings(), [screening_in(folder), subscribed]), {})


def payment(identity: str, customer: str) -> dict[str, str]:
    facts = {"payment_amount": "100.50", "payment_method": "credit_card"}
    return {"transaction_id": identity, "customer_id": customer, **facts}


def test_a_screened_payment_is_charged_and_the_function_used_its_bucket(site: Deployed) -> None:
    paid = site.pay(payment("T-good", "C-1"))
    assert (paid.status, paid.row["status"], paid.charges, paid.notices) == ("COMPLETED", "COMPLETED", 1, ())
    kept = site.client("s3").get_object(Bucket=site.outputs["ScreeningBucketName"], Key="C-1")
    assert kept["Body"].read() == b"asked"


def test_a_refused_payment_is_declined_without_a_charge_and_sends_one_notice(site: Deployed) -> None:
    paid = site.pay(payment("T-bad", "BAD-1"))
    assert (paid.status, paid.row["status"], paid.charges) == ("DECLINED", "DECLINED", 0)
    assert paid.result["decline_code"] == "refused_before_charge"
    assert paid.row["gateway_reference"] == "refused: listed"
    assert [each["status"] for each in paid.notices] == ["DECLINED"]
    again = site.pay(payment("T-bad", "BAD-1"))
    assert (again.result, len(again.notices)) == (paid.result, 1)


def test_a_subscriber_gets_the_notices_of_its_statuses_only(site: Deployed) -> None:
    site.pay(payment("T-declined", "BAD-2"))
    site.pay({**payment("T-rejected", "C-2"), "payment_amount": "10000.01"})
    sqs, url = site.client("sqs"), site.outputs["DeclinesQueueUrl"]
    bodies = [each["Body"] for each in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]]
    assert any("T-declined" in each for each in bodies)
    assert not any("T-rejected" in each for each in bodies)
