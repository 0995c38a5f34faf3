"""The table of gateways, loaded from the functions' payments/gateways/records.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from payflow_cfn.artifacts.shipped import load_shipped

if TYPE_CHECKING:
    from payments.gateways.records import Record

GATEWAYS: Mapping[str, Record] = load_shipped("payments/gateways/records.py").GATEWAYS
# The gateway that moves no money.
SIMULATED = "simulated"
KEYLESS = tuple(each.name for each in GATEWAYS.values() if not each.needs_secret)
