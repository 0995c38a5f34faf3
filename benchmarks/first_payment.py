"""From nothing to one completed payment in one process: render, lint, package, start the emulator, deploy, pay.

    python benchmarks/first_payment.py

Prints as JSON when each part was done, in seconds from the start: the interpreter's start and all imports are inside.
"""

from __future__ import annotations

import gc
import json
import time

STARTED = time.perf_counter()


def main() -> None:
    """The row must say COMPLETED and the emulator must be gone, or it ends in an error."""
    gc.disable()  # as the command does
    from payflow_cfn.cli.lazy import lazy_imports

    lazy_imports()
    from payflow_cfn.local.demo.effects import pay
    from payflow_cfn.local.demo.local_deploy import opened

    done: dict[str, float] = {}

    def mark(what: str) -> None:
        done[what] = round(time.perf_counter() - STARTED, 3)

    mark("imported")
    with opened(mark) as site:
        ended = pay(site.clients("stepfunctions"), site.outputs["StateMachineArn"], PAYMENT)
        key = {"transaction_id": {"S": PAYMENT["transaction_id"]}}
        row = site.clients("dynamodb").get_item(TableName=site.outputs["TransactionsTableName"], Key=key)["Item"]
        if (ended.status, row["status"]["S"]) != ("SUCCEEDED", "COMPLETED"):
            raise SystemExit(f"the payment is {row['status']['S']}, its execution {ended.status}")
        mark("paid")
    mark("gone")
    print(json.dumps(done))
    gc.freeze()  # as the command does


PAYMENT = {
    "transaction_id": "FIRST-1",
    "payment_amount": "100.50",
    "payment_method": "credit_card",
    "customer_id": "CUST-1",
}


if __name__ == "__main__":
    main()
