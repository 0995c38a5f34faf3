"""Charge at Acme Pay, with our own adapter."""

from __future__ import annotations

from payflow_cfn.extensions import Draft, add_gateway


def gateway(payments: Draft) -> Draft:
    """Let the parameter GatewayAdapter name Acme Pay, which keeps a key for seven days."""
    return add_gateway(payments, "acme", "acme_pay:AcmePay", needs_address=True, key_lifetime=7 * 86400)
