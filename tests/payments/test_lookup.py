"""What the commands know of a row is what the functions and the workflow write."""

from __future__ import annotations

import jsonata
import pytest

from payflow_cfn.payments.lookup import ANSWERS, FINAL, WORD_OF
from payflow_cfn.workflow.failure_states import ENDED_AS, end_states
from payments.statuses import TERMINAL
from processing.cases import Said
from processing.operate import WORDS


def test_every_answer_of_a_gateway_has_its_words() -> None:
    assert ANSWERS.keys() == {each.value for each in Said}


def test_every_final_status_has_the_word_that_means_it() -> None:
    assert set(FINAL) == TERMINAL == WORD_OF.keys()
    assert {WORDS[word][0]: word for word in WORDS} == WORD_OF


@pytest.mark.parametrize("status", ["UNKNOWN", "FAILED"])
def test_the_cause_of_a_failed_execution_begins_with_its_payment_s_status(status: str) -> None:
    cause = end_states()["PaymentFailed"]["Cause"].strip("{% }")
    assert jsonata.Jsonata(cause.replace("$status", f"'{status}'")).evaluate({}).startswith(f"{ENDED_AS}{status};")
