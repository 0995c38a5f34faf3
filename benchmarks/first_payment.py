"""From nothing to one completed payment in one process: render, lint, package, start the emulator, deploy, pay.

    python benchmarks/first_payment.py

Prints the seconds of each part and their sum as JSON; the interpreter's start and all imports are inside.
"""

from __future__ import annotations

import gc
import json
import time

STARTED = time.perf_counter()


def main() -> None:
    """The row must say COMPLETED and the emulator must be gone, or it ends in an error."""
    gc.disable()  # as the command does
    import multiprocessing

    from payflow_cfn.lazy import lazy_imports

    lazy_imports()
    from payflow_cfn.local.clients import local_clients
    from payflow_cfn.local.demo import PARAMETERS
    from payflow_cfn.local.emulator import emulator
    from payflow_cfn.run import run_payment
    from payflow_cfn.settings import Settings
    from payflow_cfn.template_set import render_set, templates_of

    parts: dict[str, float] = {}

    def took(part: str) -> None:
        parts[part] = time.perf_counter() - STARTED - sum(parts.values())

    took("import")
    files = render_set(Settings())
    took("render")
    # A process of its own, so that the emulator's start and the clients do not share an interpreter with it.
    lint = multiprocessing.get_context("fork").Process(target=_lint, args=(templates_of(files),))
    lint.start()
    with emulator() as cloud:
        clients = local_clients(cloud)
        for service in ("s3", "cloudformation", "stepfunctions", "dynamodb"):
            clients(service)
        took("the emulator's start")
        lint.join()
        if lint.exitcode:
            raise SystemExit("the set has findings")
        took("lint, what is left of it")
        _deploy(clients)
        took("package and deploy")
        machine = f"arn:aws:states:{cloud.region}:{cloud.account}:stateMachine:sfn-payment-workflow-demo"
        ended = run_payment(clients("stepfunctions"), machine, PAYMENT)
        key = {"transaction_id": {"S": PAYMENT["transaction_id"]}}
        row = clients("dynamodb").get_item(TableName="dynamodb-transactions-demo", Key=key)["Item"]
        if (ended.status, row["status"]["S"], PARAMETERS["Environment"]) != ("SUCCEEDED", "COMPLETED", "demo"):
            raise SystemExit(f"the payment is {row['status']['S']}, its execution {ended.status}")
        took("pay")
        parts["sum"] = sum(parts.values())
    print(json.dumps({name: round(value, 3) for name, value in parts.items()}))


PAYMENT = {
    "transaction_id": "FIRST-1",
    "payment_amount": "100.50",
    "payment_method": "credit_card",
    "customer_id": "CUST-1",
}


def _lint(templates: dict[str, str]) -> None:
    from payflow_cfn.check import check_templates

    raise SystemExit(bool(check_templates(templates)))


def _deploy(clients: object) -> None:
    from payflow_cfn.local.demo import deployed

    deployed(clients, lambda _: None)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
