"""A team's workflow for the tests: a score, a choice by its band, a pause and a review."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from payflow_cfn.extensions import Draft, add_choice, add_function, add_step, add_wait

BANDS = """def handle(event, context):
    customer = event["payment"]["customer_id"]
    return {} if customer == "NONE" else {"band": customer.lower()}
"""
REVIEW = """def handle(event, context):
    return {"refuse": "band " + event["score"].get("band", "none")}
"""


def reviewed_in(folder: Path) -> Callable[[Draft], Draft]:
    """A score, a pause and a review, of which a low score skips both and a middle one the review."""
    for name, text in (("scoring", BANDS), ("review", REVIEW)):
        (folder / name).mkdir()
        (folder / name / "handler.py").write_text(text)

    def reviewed(payments: Draft) -> Draft:
        payments = add_function(payments, "scoring", does="Scores", folder=str(folder))
        payments = add_function(payments, "review", does="Reviews", folder=str(folder))
        payments = add_step(payments, "Score", function="scoring", before="ProcessPayment", answer="score")
        asked = {"score": "{% $score %}"}
        payments = add_step(payments, "Review", function="review", before="ProcessPayment", payload=asked, refuses=True)
        payments = add_wait(payments, "CoolDown", seconds=600, before="Review")
        ways = {"low": "ProcessPayment", "middle": "Review"}
        return add_choice(payments, "RouteScore", on="score.band", ways=ways, before="CoolDown")

    return reviewed
