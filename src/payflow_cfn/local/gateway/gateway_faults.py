"""The faults that the fake gateway can inject into one request."""

from __future__ import annotations

from enum import StrEnum


class GatewayFault(StrEnum):
    """A gateway's fault in one request; "charged" is whether the books have the charge afterwards."""

    DROP = "drop"  # connection reset, not charged
    HANG = "hang"  # no answer until the caller gives up, not charged
    CHARGE_THEN_DROP = "charge_then_drop"  # charged, connection reset
    CHARGE_THEN_HANG = "charge_then_hang"  # charged, no answer
    CHARGE_THEN_ERROR = "charge_then_error"  # charged, 500
    ANSWER_TWICE = "answer_twice"  # charged, the answer is sent two times
    GARBAGE = "garbage"  # charged, 200 with an answer that is not JSON
    HALF = "half"  # charged, half of the answer, then a reset
    THROTTLE = "throttle"  # 429, not charged
    ERROR = "error"  # 500, not charged
    SLOW = "slow"  # charged, answered after `slow_seconds`
    KILL = "kill"  # the caller is killed, not charged
    CHARGE_THEN_KILL = "charge_then_kill"  # charged, the caller is killed


NOT_CHARGED = frozenset(
    {GatewayFault.DROP, GatewayFault.HANG, GatewayFault.THROTTLE, GatewayFault.ERROR, GatewayFault.KILL}
)
