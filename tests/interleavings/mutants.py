"""Faults planted in the functions and the definition, each of which the search has to find by a shortest schedule."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from interleavings.scopes import OTHER_ADDRESS, SAME
from interleavings.search import Step
from interleavings.world import Scope

ROOT: Final = Path(__file__).parents[2]
_ONE = Scope("1 execution", faults=1)
_AGAIN = Scope("1 execution, then --again", faults=1, kinds=SAME, again=True)
_TWO = Scope("2 executions", faults=1, kinds=SAME)
_FORGETS: Final = 0.0  # seconds: nothing leans on the gateway's memory of keys
_SETTLEMENT, _LEDGER = "lambdas/processing/settlement.py", "lambdas/payments/ledger.py"
_JOB, _CASES, _DECISION = "lambdas/processing/job.py", "lambdas/processing/cases.py", "lambdas/validation/decision.py"
_DEFINITION, _FAILURE = "src/payflow_cfn/workflow/definition.py", "src/payflow_cfn/workflow/failure_states.py"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A text of a file, and what it becomes; `scope` is where the fault shows."""

    name: str
    file: str
    old: str
    new: str
    scope: Scope

    def planted(self) -> str:
        """Return the text of the file with the fault in it."""
        text = (ROOT / self.file).read_text()
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.file} has the text {text.count(self.old)} times")
        return text.replace(self.old, self.new)


MUTANTS: Final = (
    # What the row remembers
    Mutant("a refused charge always releases the claim", _SETTLEMENT, "    if before is not None:\n", "    if False:\n",
           replace(_ONE, faults=2)),
    Mutant("declined although an earlier request may still arrive", _SETTLEMENT,
           "if before is not None and answer.status is", "if False and answer.status is", replace(_ONE, faults=2)),
    Mutant("the row forgets what an earlier attempt may have sent", _SETTLEMENT,
           "before = None if job.is_quiet_since(sent) else sent", "before = None", replace(_ONE, faults=2)),
    Mutant("a lost answer releases the claim", _SETTLEMENT,
           "        return suspect(ledger, job, mine, sent=job.sent_by_now(sending))\n    if _is_open",
           "        ledger.release(job.move(VALIDATED))\n        return unknown(job)\n    if _is_open", _ONE),
    Mutant("a second charge does not count as sent", _LEDGER,
           'changes = {**sent_item(sent), **strings(claimed_at=move.at)}\n        return self._move(move, changes, only=(PROC',
           'changes = strings(claimed_at=move.at)\n        return self._move(move, changes, only=(PROC',
           replace(_ONE, faults=2, lifetime=_FORGETS)),
    Mutant("another gateway is asked about the charge", _SETTLEMENT,
           "if row.gateway and row.gateway != job.gateway:", "if False:", replace(_AGAIN, kinds=OTHER_ADDRESS, faults=2)),
    # What is asked, and when that is a last word
    Mutant("the claim of an attempt that may still run is taken over", _CASES,
           'Case(Action.LEAVE, "an attempt may still send", held=True)',
           'Case(Action.CHARGE, "an attempt may still send", held=True, said=(Said.NOT_FOUND,), last=False)',
           replace(_TWO, lifetime=_FORGETS)),
    Mutant("an unknown charge is sent again at once", _CASES,
           'Case(Action.CHARGE, "never seen, and nothing is on its way", quiet=True)',
           'Case(Action.CHARGE, "never seen, and nothing is on its way")', replace(_ONE, lifetime=_FORGETS)),
    Mutant("the quiet time is nothing", _JOB, "sent.until + self.quiet * 1000\n\n    def is_remembered",
           "sent.until\n\n    def is_remembered", replace(_ONE, lifetime=_FORGETS)),
    Mutant("the margin between two clocks is nothing", _JOB, "self.deadline + self.margin", "self.deadline",
           replace(_ONE, offsets=(-30, 30), lifetime=_FORGETS, faults=2, waits=(150, 100, 110))),
    Mutant("a forgotten key is used while a request may be on its way", _JOB,
           "return lifetime is None or arrived <= sent.first + (lifetime - self.margin) * 1000", "return True",
           replace(_ONE, lifetime=_FORGETS)),
    Mutant("given up at the last ask although it may still arrive", _CASES,
           'Case(Action.SUSPECT, "it may still arrive", last=True)', 'Case(Action.GIVE_UP, "it may still arrive", last=True)',
           replace(_ONE, faults=2)),
    Mutant("an acknowledged charge is given up", _CASES,
           'Case(Action.SUSPECT, "acknowledged: only the gateway ends it", acknowledged=True)',
           'Case(Action.SUSPECT, "acknowledged", acknowledged=True, quiet=False)',
           replace(_ONE, verdict="PENDING SUCCEEDED", faults=3)),
    Mutant("no answer at the last ask ends the payment", _CASES,
           'Case(Action.SUSPECT, "for people to find", said=(Said.SILENT,), last=True)',
           'Case(Action.GIVE_UP, "for people to find", said=(Said.SILENT,), last=True)',
           replace(_AGAIN, kinds=OTHER_ADDRESS, faults=2)),
    # What the conditions of the ledger keep apart
    Mutant("claimed whatever the row's status", _LEDGER,
           'only=(VALIDATED,), condition="facts = :facts"', 'only=(VALIDATED, PROCESSING, UNKNOWN), condition="facts = :facts"',
           replace(_TWO, lifetime=_FORGETS)),
    Mutant("a completed payment is claimed", _LEDGER,
           'only=(VALIDATED,), condition="facts = :facts"', 'only=(VALIDATED, COMPLETED), condition="facts = :facts"',
           replace(_TWO, lifetime=_FORGETS)),
    Mutant("a claim is taken over from whoever holds it", _LEDGER,
           "only=(PROCESSING, UNKNOWN), **_as_seen(seen.attempt))\n\n    def release",
           "only=(PROCESSING, UNKNOWN))\n\n    def release", replace(_TWO, lifetime=_FORGETS)),
    Mutant("a released claim may be another attempt's", _LEDGER,
           "remove=_SENT, only=(PROCESSING,), **_as_seen(move.attempt))", "remove=_SENT, only=(PROCESSING, UNKNOWN))",
           replace(_ONE, faults=4)),
    Mutant("given up whatever status the row has meanwhile", _LEDGER,
           "== COMPLETED else ()\n        return self._move(move, changes, remove=remove, only=(seen.status,), **_as_seen(seen.attempt))",
           "== COMPLETED else ()\n        return self._move(move, changes, remove=remove, only=(seen.status, PROCESSING))",
           replace(_TWO, waits=(340,))),
    Mutant("the validation writes over any row", _LEDGER, 'condition="attribute_not_exists(transaction_id)")',
           'condition="attribute_not_exists(transaction_id) OR attribute_exists(transaction_id)")', _TWO),
    Mutant("other facts are no conflict", _DECISION, "    if row.facts != item", "    if False and row.facts != item",
           replace(_TWO, kinds=(("100.50", "one"), ("20.00", "one")))),
    # What FAILED means
    Mutant("an execution that had started before a failure may enter the payment", _DECISION,
           "    if row.closed_until and (closed", "    if False and (closed", replace(_TWO, faults=2)),
    Mutant("FAILED beside a payment that another execution entered", _FAILURE,
           "['VALIDATED', 'PROCESSING', 'UNKNOWN', 'COMPLETED']", "['PROCESSING', 'UNKNOWN', 'COMPLETED']",
           replace(_TWO, faults=2)),
    Mutant("FAILED although the failure could not be recorded", _FAILURE,
           'keep_error("RouteUnknown", status="UNKNOWN")', 'keep_error("RouteUnknown")', replace(_ONE, faults=4)),
    Mutant("retries that are used up count as not charged", _DEFINITION,
           'catch("WaitForOutcome", status="UNKNOWN")', 'catch("RouteUnknown", status="FAILED")', replace(_ONE, faults=2)),
    Mutant("an ask too many", _DEFINITION, 'when(f"$asks < {len(waits)}"', 'when(f"$asks <= {len(waits)}"',
           replace(_ONE, verdict="PENDING SUCCEEDED")),
    # Who is told, and once
    Mutant("a replayed decline sends no notice", _SETTLEMENT, "        told=row.told == row.status,\n",
           "        told=row.execution != job.execution.arn,\n", replace(_TWO, verdict="DECLINED")),
    Mutant("validation assumes that each final status has its notice", _DECISION,
           "told=not ours if row.status == REJECTED else row.told == row.status", "told=not ours",
           replace(_AGAIN, verdict="DECLINED")),
    Mutant("a notice is sent without its claim", _DEFINITION,
           '''when("$outcome in ['DECLINED', 'FAILED']", "ClaimNotice"),\n            when("$outcome = 'UNKNOWN'"''',
           '''when("$outcome in ['DECLINED', 'FAILED']", "NotifyFailure"),\n            when("$outcome = 'UNKNOWN'"''',
           replace(_TWO, verdict="DECLINED")),
    Mutant("a notice's claim does not look for another's", _FAILURE,
           "attribute_not_exists(notice_until) OR", "attribute_not_exists(told_at) OR", replace(_TWO, verdict="DECLINED")),
    Mutant("a notice in another's hands is not waited for", _FAILURE, 'when(f"$tries < {NOTICE_TRIES}", "AwaitNotice")',
           'when("$tries < 0", "AwaitNotice")', replace(_AGAIN, verdict="DECLINED")),
    Mutant("a lost notice is not counted", _FAILURE, '"Assign": {"error": "NoticeLost"}, "Next": "CountLostNotice"',
           '"Assign": {"error": "NoticeLost"}, "Next": "PaymentFailed"', replace(_ONE, verdict="DECLINED", faults=2)),
    Mutant("a declined payment is not listed as open before its notice", _LEDGER,
           "        remove = _OPEN if move.target == COMPLETED else ()\n        return self._move(move, changes, remove=remove, only=sources",
           "        remove = _OPEN\n        return self._move(move, changes, remove=remove, only=sources",
           replace(_ONE, verdict="DECLINED")),
    Mutant("a payment stays listed as open after its notice", _FAILURE, " REMOVE open_shard, open_since", "",
           replace(_ONE, verdict="DECLINED")),
)  # fmt: skip


def schedule(mutant: Mutant) -> tuple[str, tuple[Step, ...]]:
    """Search a copy of the code with the fault planted: what is broken, and the shortest way to it; "" when nothing."""
    with tempfile.TemporaryDirectory() as folder:
        for part in ("lambdas", "src"):
            shutil.copytree(ROOT / part, Path(folder, part), ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        Path(folder, mutant.file).write_text(mutant.planted())
        paths = [str(Path(folder, each)) for each in ("lambdas", "src")] + [str(ROOT / "tests")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        command = [sys.executable, "-m", "interleavings.mutants", mutant.name]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return found["fault"], tuple(Step(**each) for each in found["steps"])


def _main(name: str) -> None:
    from dataclasses import asdict

    from interleavings.search import search

    scope = next(each.scope for each in MUTANTS if each.name == name)
    found = search(scope, seconds=120)
    fault, steps = next(iter(found.faults.items()), ("", ()))
    said = {
        "fault": fault,
        "steps": [asdict(each) for each in steps],
        "complete": found.complete,
        "states": found.states,
    }
    print(json.dumps(said))


if __name__ == "__main__":
    _main(sys.argv[1])
