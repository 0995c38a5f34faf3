"""Tests that the pages about money say what the code's tables say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from payflow_cfn.local.faults.run import local_machine
from payflow_cfn.local.faults.schedule import Strikes
from payflow_cfn.local.faults.simulation import World
from payments.gateways.http import NOT_CHARGED, WRONG_KEY
from payments.gateways.outcomes import DECLINE_CODES
from payments.gateways.protocol import ChargeStatus
from payments.gateways.simulated import SCRIPTS, SimulatedGateway
from payments.gateways.stripe_tables import COMPLETABLE, METHOD_KINDS, REFUSALS, REFUSED_PARAMETERS, STATUSES
from payments.ledger import Ledger
from payments.observability import AMOUNTS, COUNTS, LOG_FIELDS, NAMESPACE
from payments.statuses import TRANSITIONS
from processing.cases import CASES
from processing.handler import process
from processing.job import read_job
from validation.handler import validate

DOCS = Path(__file__).resolve().parents[2] / "docs"
MONEY = "\n".join(each.read_text(encoding="utf-8") for each in sorted((DOCS / "money").glob("*.md")))
LAMBDAS = Path(__file__).resolve().parents[2] / "lambdas"


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading's first words, without its two head lines."""
    lines = MONEY[MONEY.index(heading) :].splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("|"))
    table = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def words(start: str, end: str) -> set[str]:
    """Return the words in code style between two texts."""
    after = MONEY[MONEY.index(start) + len(start) :]
    return set(re.findall(r"`(\w+)`", after[: after.index(end)]))


def test_the_ledger_s_table_is_the_table_of_transitions() -> None:
    moves = {(row[0], row[1]) for row in rows("# The ledger")}
    assert moves == {(source, target) for source, targets in TRANSITIONS.items() for target in targets}


def test_what_becomes_of_a_claimed_payment_is_the_table_of_cases() -> None:
    words = {None: "", True: "yes", False: "no"}
    cases = [
        [" or ".join(case.said or ()), *(words[each] for each in case[3:]), case.action.value, case.why]
        for case in CASES
    ]
    assert rows("The next step of a payment that was claimed before") == cases


def test_the_simulated_endings_are_the_scripts() -> None:
    def said(script: object, status: object) -> str:
        return status.value if isinstance(status, ChargeStatus) else getattr(status, "__name__", "")

    table = {int(row[0]): (row[1].split()[0], row[2].split()[0]) for row in rows("# The simulated gateway")}
    assert table == {ending: (said(script, script.charge), script.find.value) for ending, script in SCRIPTS.items()}
    for row in rows("# The simulated gateway"):
        code = SCRIPTS[int(row[0])].decline_code
        assert code in f"{row[1]} {row[2]}"


def call(world: World, function: str, payload: dict[str, Any], deadline: float) -> dict[str, Any]:
    """Call a function with the simulated gateway."""
    ledger = Ledger(world.table, table="payments")
    if function == "validation":
        return validate(ledger, payload, now=world.now).as_json()
    job = read_job(payload, None, clock=lambda: world.now)
    return process(ledger, SimulatedGateway(), job).as_json()


def ends_as(ending: int, *, waits: bool) -> str:
    """Return the row's status after one execution of the workflow."""
    world = World(machine=local_machine(), call=call, strikes=Strikes(), function_seconds=300, quiet_seconds=660)
    world.payment = {
        "transaction_id": "T", "payment_amount": f"12.{ending:02}", "payment_method": "credit_card", "customer_id": "C"
    }  # fmt: skip
    if not waits:
        for state in world.machine["States"].values():
            if state["Type"] == "Wait":
                state["Seconds"] = 0
    world.execute()
    return world.status()


def test_the_simulated_endings_end_as_the_table_says() -> None:
    table = {int(row[0]): row[3] for row in rows("# The simulated gateway")}
    for ending, said in table.items():
        skipped = "; UNKNOWN where waits are skipped, as on the embedded AWS" if ending == 95 else ""
        assert said == ends_as(ending, waits=True) + skipped
    assert ends_as(95, waits=False) == "UNKNOWN"
    assert ends_as(0, waits=True) == "COMPLETED"


def test_the_decline_codes_are_ours() -> None:
    assert words("Decline codes: ", "\n# ") == DECLINE_CODES


def test_the_refusals_of_the_http_contract_are_ours() -> None:
    first = [row[0] for row in rows("GET {url}/charges/{key}")]

    def statuses(start: str, end: str) -> set[int]:
        (line,) = (cell for cell in first if cell.startswith(start) and end in cell)
        return {int(number) for number in re.findall(r"\d{3}", line)}

    assert statuses("POST", "") == NOT_CHARGED
    assert statuses("400", "DECLINED") == NOT_CHARGED - WRONG_KEY
    assert statuses("401", "DECLINED") == WRONG_KEY


def test_stripe_s_methods_are_the_kinds() -> None:
    table = {row[0].strip("`"): row[1] for row in rows("A payment is charged to the only")}
    assert table.keys() == METHOD_KINDS.keys()
    for method, kinds in METHOD_KINDS.items():
        pairs = {(currency, kind) for currency, found in kinds.items() for kind in found}
        assert set(re.findall(r"`(\w+)`", table[method])) == {kind.type for _, kind in pairs}
        assert set(re.findall(r"[A-Z]{3}", table[method])) == {currency for currency, _ in pairs} - {"*"}
        assert ("in a wallet" in table[method]) == any(kind.wallet for _, kind in pairs)


def test_stripe_s_intents_mean_what_the_table_says() -> None:
    table = {row[0].strip("`"): row[1] for row in rows("An intent that failed stays open")}
    assert {status: meaning.split()[0].strip(";") for status, meaning in table.items()} == STATUSES
    assert {status for status, meaning in table.items() if "cancelled" in meaning} == COMPLETABLE


def test_stripe_s_refusals_are_the_tables() -> None:
    table = {row[0]: row[1].strip("`") for row in rows("An error of Stripe's declines")}
    codes = {f"code `{word}`": code for word, code in REFUSALS.items()}
    assert table == codes | {f"parameter `{name}`": code for name, code in REFUSED_PARAMETERS.items()}


def test_the_logged_fields_and_the_metrics_are_named() -> None:
    assert words("beside Powertools' own: ", "milliseconds from") == LOG_FIELDS
    metrics = words("Metrics in the namespace", "(milliseconds, at")
    assert metrics == {NAMESPACE, "PaymentDuration", "AmountOpen", *COUNTS.values(), *AMOUNTS.values()}


def test_every_event_is_named() -> None:
    modules = ("processing/handler.py", "processing/settlement.py", "validation/handler.py")
    sources = "".join((LAMBDAS / path).read_text() for path in modules)
    events = set(re.findall(r'"((?:payment|charge|gateway)_[a-z_]+)"', sources)) - LOG_FIELDS
    events |= {f"payment_{outcome}" for outcome in ("validated", "rejected", "conflict")}
    events |= {f"payment_{step}" for step in ("ask", "settle")}
    assert words("Each event is one JSON line", "Only these fields") - {"execution", "error"} == events


def test_every_fault_s_code_is_named() -> None:
    sources = [(LAMBDAS / path).read_text() for path in ("validation/fields.py", "validation/rules.py")]
    codes = {code for text in sources for code in re.findall(r'"(\w+): ', text)}
    codes |= set(re.findall(r'AmountError\("(\w+)"', (LAMBDAS / "payments/money.py").read_text()))
    for name in ("transaction_id", "customer_id"):
        codes |= {f"{name}_missing", f"{name}_invalid"}
    assert words("Every fault is named at once", "The risk score") - {"code"} == codes
