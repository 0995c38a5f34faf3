"""`restored`: the command stands in forget.py, since both read the table of payments in one way."""

from __future__ import annotations

from payflow_cfn.cli.forget import restored

__all__ = ["restored"]
