"""Cold init, CPU and requests of both functions beside the described handlers, in one run; prints JSON.

    python benchmarks/functions.py [--peers ../shared/peers] [-n 11] [--calls 4400]

Each cold init is a fresh process that imports a handler and makes what its first payment needs. A call has botocore's
HTTP session answered in memory, so no socket and no wait counts. Bytecode is used. All figures are CPU time, and the
sides take turns, so that another load of the machine meets both.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

LAMBDAS = Path(__file__).resolve().parents[1] / "lambdas"
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "DYNAMODB_TABLE_NAME": "t",
    "ENVIRONMENT": "dev",
    "POWERTOOLS_SERVICE_NAME": "payments",
    "SNS_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:t",
    "TABLE_NAME": "t",
}
READY = "import {0}.handler; from payments import clients, observability; clients.ledger(); observability._logger()"
COLD = {
    "validation": ("import lambda_validation", READY.format("validation")),
    "processing": ("import lambda_processing", READY.format("processing")),
}

# Runs in a process of its own: arguments are the number of calls and the side.
CALLS = """
import contextlib, io, json, statistics, sys, time, zlib
import botocore.awsrequest, botocore.httpsession

sent = []

class Raw(io.BytesIO):
    def stream(self, **_):
        yield self.read()

def send(self, request):
    sent.append(request.url)
    headers = botocore.awsrequest.HeadersDict({"x-amz-crc32": str(zlib.crc32(b"{}"))})
    answer = botocore.awsrequest.AWSResponse(request.url, 200, headers, Raw(b"{}"))
    answer._content = b"{}"
    return answer

botocore.httpsession.URLLib3Session.send = send

class Context:
    aws_request_id = "r"
    function_name = "f"

    def get_remaining_time_in_millis(self):
        return 30000

def payment(number):
    facts = {"payment_amount": 100.5, "payment_method": "credit_card", "customer_id": "C-1"}
    return {"transaction_id": f"TXN-{number}", **facts}

def described():
    import lambda_processing, lambda_validation
    lambda_processing.time.sleep = lambda _: None
    lambda_processing.random.random = lambda: 0.1
    passed = {"validation_result": {"validation_status": "PASSED"}}
    yield "validation", lambda number: lambda_validation.lambda_handler(payment(number), Context())
    yield "processing", lambda number: lambda_processing.lambda_handler({**payment(number), **passed}, Context())

def ours():
    import processing.handler, validation.handler
    execution = {"arn": "arn:aws:states:us-east-1:1:execution:m:e", "started_at": "2026-11-25T10:00:00.000Z"}
    rules = {"limits": "USD 10000 5000", "risk_threshold": "50"}
    kept = {}

    def validate(number):
        event = {"payment": payment(number), "rules": rules, "execution": execution}
        kept[number] = validation.handler.handle(event, Context())["payment"]

    def process(number):
        event = {"payment": kept[number], "gateway": {"adapter": "simulated"}, "execution": execution}
        processing.handler.handle({**event, "quiet_seconds": 0, "clock_margin_seconds": 0}, Context())

    yield "validation", validate
    yield "processing", process

count, side, told = int(sys.argv[1]), sys.argv[2], {}
with contextlib.redirect_stdout(io.StringIO()):
    for name, call in {"described": described, "ours": ours}[side]():
        times = []
        for number in range(count):
            sent.clear()
            begun = time.process_time()
            call(number)
            times.append(time.process_time() - begun)
        told[name] = {"ms": statistics.median(times) * 1000, "requests": len(sent)}
print(json.dumps(told))
"""


def environment(peers: Path) -> dict[str, str]:
    """Return the environment of every child: Lambda's variables and both sides' code."""
    paths = [LAMBDAS, peers / "lambda_src" / "validation", peers / "lambda_src" / "processing"]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **ENVIRONMENT, "PYTHONPATH": os.pathsep.join(map(str, paths))}


def cold_init(peers: Path, *, runs: int) -> dict[str, dict[str, float]]:
    """Return the median CPU seconds of a cold init, described and ours taken in turn, and their ratio."""
    times: dict[tuple[str, int], list[float]] = {(name, side): [] for name in COLD for side in (0, 1)}
    for _ in range(runs + 1):
        for (name, side), taken in times.items():
            before = children_seconds()
            subprocess.run([sys.executable, "-c", COLD[name][side]], env=environment(peers), check=True)
            taken.append(children_seconds() - before)
    # The first round writes the bytecode.
    medians = {key: statistics.median(taken[1:]) for key, taken in times.items()}
    return {name: compared(medians[name, 0], medians[name, 1]) for name in COLD}


def children_seconds() -> float:
    """Return the CPU seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def calls(peers: Path, *, count: int, rounds: int) -> dict[str, object]:
    """Return the CPU milliseconds and the requests of one call of each function, and the ratios."""
    told = [{side: called(peers, side, count // rounds) for side in ("described", "ours")} for _ in range(rounds)]
    medians = {
        side: {name: statistics.median(each[side][name]["ms"] for each in told) for name in COLD} for side in told[0]
    }
    described, ours = medians["described"], medians["ours"]
    return {
        **{name: compared(described[name], ours[name]) for name in COLD},
        "payment": compared(sum(described.values()), sum(ours.values())),
        "requests": {side: sum(each["requests"] for each in functions.values()) for side, functions in told[0].items()},
    }


def called(peers: Path, side: str, count: int) -> dict[str, dict[str, float]]:
    """Return the figures of one side's calls, made in a process of their own."""
    command = [sys.executable, "-c", CALLS, str(count), side]
    done = subprocess.run(command, env=environment(peers), check=True, capture_output=True, text=True)
    figures: dict[str, dict[str, float]] = json.loads(done.stdout)
    return figures


def compared(described: float, ours: float) -> dict[str, float]:
    """Return both figures and their ratio."""
    return {"described": round(described, 4), "ours": round(ours, 4), "ratio": round(ours / described, 3)}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers", type=Path, default=LAMBDAS.parents[1] / "shared" / "peers")
    parser.add_argument("-n", type=int, default=11, help="cold inits of each kind, and rounds of calls")
    parser.add_argument("--calls", type=int, default=4400)
    options = parser.parse_args()
    figures = {
        "cold_init_cpu_s": cold_init(options.peers, runs=options.n),
        "cpu_ms_a_call": calls(options.peers, count=options.calls, rounds=options.n),
    }
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
