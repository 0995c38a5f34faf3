"""The described handlers: validation writes a row, processing charges and updates it, failures publish a notice.

The order of effects, the retries and what is swallowed are theirs. Their workflow fails at the second state for every
payment, because it reads the payment from the first function's answer; here the payment is passed on.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import ClassVar

from rival_world import RivalWorld


class FailedError(Exception):
    """The handler raises it so that Step Functions catches a failure."""


@dataclass(slots=True)
class DescribedWorld(RivalWorld):
    """Two functions, one row that is written without a condition, and no key for the bank."""

    timeout: ClassVar[float] = 300.0
    sends_key: bool = False
    row: dict[str, str] = field(default_factory=dict)

    def execute(self) -> str:
        """Run the two states; only Lambda's own service errors would be retried, everything else is caught."""
        self.started += 1
        if not any(self.invoke(each) for each in (self._validate, self._process)):
            return "PaymentComplete"
        with contextlib.suppress(Exception):
            self.notify("UNKNOWN")
        return "NotifyFailure"

    def status(self) -> str:
        """Return what the row says: every failure ends as ERROR, a declined payment too."""
        return {"SUCCESS": "COMPLETED", "FAILED": "FAILED", "ERROR": "FAILED"}.get(self.row.get("final", ""), "open")

    def _validate(self) -> None:
        self.write(lambda: setattr(self, "row", {"processing": "PENDING"}))

    def _process(self) -> None:
        try:
            charged = self.charge(self.payment["transaction_id"]) == "SUCCEEDED"
            self.write(lambda: self.row.update(final="SUCCESS" if charged else "FAILED"))
            if not charged:
                self.notify("FAILED")
                raise FailedError("payment processing failed")
        except Exception:
            with contextlib.suppress(Exception):
                self.write(lambda: self.row.update(final="ERROR"))
            with contextlib.suppress(Exception):
                self.notify("FAILED")
            raise
