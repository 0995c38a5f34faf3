"""List prices of one region in US dollars, without free tiers and discounts, with the day they were read."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

REGION = "us-east-1"
DATE = "2025-07-21"


class Price(NamedTuple):
    """The price of `per` units, and AWS's page with it."""

    dollars: Decimal
    per: int
    unit: str
    page: str


_PAGES = "https://aws.amazon.com"
TRANSITIONS = Price(Decimal("0.025"), 1_000, "state transitions", f"{_PAGES}/step-functions/pricing/")
INVOCATIONS = Price(Decimal("0.20"), 1_000_000, "requests", f"{_PAGES}/lambda/pricing/")
GB_SECONDS = {
    "x86_64": Price(Decimal("16.6667"), 1_000_000, "GB-seconds", f"{_PAGES}/lambda/pricing/"),
    "arm64": Price(Decimal("13.3334"), 1_000_000, "GB-seconds", f"{_PAGES}/lambda/pricing/"),
}
WRITES = Price(Decimal("0.625"), 1_000_000, "write units", f"{_PAGES}/dynamodb/pricing/on-demand/")
NOTICES = Price(Decimal("0.50"), 1_000_000, "publishes", f"{_PAGES}/sns/pricing/")
LOGS = Price(Decimal("0.50"), 1, "GB", f"{_PAGES}/cloudwatch/pricing/")
METRIC_REQUESTS = Price(Decimal("0.01"), 1_000, "requests", f"{_PAGES}/cloudwatch/pricing/")
METRICS = Price(Decimal("0.30"), 1, "metrics", f"{_PAGES}/cloudwatch/pricing/")
ALARM_METRICS = Price(Decimal("0.10"), 1, "metrics in alarms", f"{_PAGES}/cloudwatch/pricing/")
COMPOSITES = Price(Decimal("0.50"), 1, "composite alarms", f"{_PAGES}/cloudwatch/pricing/")
DASHBOARDS = Price(Decimal("3.00"), 1, "dashboards", f"{_PAGES}/cloudwatch/pricing/")
KEYS = Price(Decimal("1.00"), 1, "keys", f"{_PAGES}/kms/pricing/")
SECRETS = Price(Decimal("0.40"), 1, "secrets", f"{_PAGES}/secrets-manager/pricing/")
