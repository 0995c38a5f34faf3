"""Guards for production: refuse the simulated gateway without a flag, and an unusable gateway URL.

Both are refused before anything is sent.

A rule of the root template does the same for environments with the names `prod` and `live`: a rule can compare only
whole values. This module checks every part of a name, and payflow.toml.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from payflow_cfn.config.gateways import GATEWAYS, SIMULATED
from payflow_cfn.deploy.cloudformation.template import RootTemplate
from payflow_cfn.deploy.parameter_rules import RULES
from payflow_cfn.errors import SettingsError
from payflow_cfn.stacks.root import ALLOW_EXECUTION_DATA, DEFAULTS

ALLOW_SIMULATED_GATEWAY = "AllowSimulatedGateway"
LOG_DAYS = "LogRetentionDays"
_YEAR = 365


def guard_production(
    root: RootTemplate, parameters: Mapping[str, str], *, allow_simulated_gateway: bool = False
) -> Mapping[str, str]:
    """The values to send for an environment with real money; SettingsError for a value that needs a flag."""
    values = dict(parameters)
    if allow_simulated_gateway and ALLOW_SIMULATED_GATEWAY in root.parameters:
        values[ALLOW_SIMULATED_GATEWAY] = "true"
    said = {name: values.get(name, each.default) for name, each in root.parameters.items()}
    if said.get("GatewayAdapter") == SIMULATED and said.get(ALLOW_SIMULATED_GATEWAY) != "true":
        raise SettingsError(
            f"{parameters['Environment']} is production-like, and the simulated gateway moves no money",
            remedy="set GatewayAdapter in payflow.toml, or pass --allow-simulated-gateway",
            parameter="GatewayAdapter",
        )
    if said.get(ALLOW_EXECUTION_DATA, "true") != "true":
        raise SettingsError(
            f"{parameters['Environment']} is production-like, and log_execution_data logs what belongs to customers",
            remedy=f'turn the setting off, or give the parameter {ALLOW_EXECUTION_DATA} the value "true"',
            parameter=ALLOW_EXECUTION_DATA,
        )
    return values


def log_notice(environment: str, parameters: Mapping[str, str]) -> str:
    """The notice for an environment with real money that keeps its logs for less than a year; empty for any other."""
    kept = str(parameters.get(LOG_DAYS, DEFAULTS[LOG_DAYS]))
    if not kept.isdecimal() or int(kept) >= _YEAR:
        return ""
    return (
        f"{environment} is production-like and keeps its logs for {kept} days, where PCI DSS 10.5.1 wants 12 months: "
        f"set {LOG_DAYS} to {_YEAR} or more, or keep them elsewhere"
    )


def check_gateway(root: RootTemplate, parameters: Mapping[str, str], distributions: Collection[str]) -> None:
    """SettingsError for a gateway without a usable address or its SDK: the deploy would succeed, every payment fail.

    `distributions` are the distributions in the functions' zips.
    """
    said = {name: parameters.get(name, each.default) for name, each in root.parameters.items()}
    gateway, address = GATEWAYS.get(said.get("GatewayAdapter") or ""), said.get("GatewayUrl") or ""
    if gateway and gateway.needs_address and not is_gateway_address(address):
        raise SettingsError(
            f"GatewayAdapter is {gateway.name}, and GatewayUrl is {address!r}: no payment could be charged",
            remedy="give the gateway's address, https://host[:port][/path] (http only for this machine)",
            parameter="GatewayUrl",
        )
    if gateway and gateway.sdk and gateway.sdk not in distributions:
        raise SettingsError(
            f"GatewayAdapter is {gateway.name}, and the functions have no {gateway.name.capitalize()} SDK: no payment "
            "could be charged",
            remedy=f"set {gateway.sdk} = true in [settings] of payflow.toml",
            parameter="GatewayAdapter",
        )


def check_rules(root: RootTemplate, parameters: Mapping[str, str]) -> None:
    """SettingsError for limits, or exemptions from the search for card data, that the validation function refuses."""
    for name, read in RULES.items():
        if name in root.parameters:
            text = parameters.get(name, root.parameters[name].default) or ""
            read(text)


def is_gateway_address(text: str) -> bool:
    """Whether the function accepts the address: https, or http to loopback. It would check only at a payment."""
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:
        return False
    is_plain = bool(host) and port != 0 and url.username is None and not url.query and not url.fragment
    return is_plain and (url.scheme == "https" or (url.scheme == "http" and _is_loopback(host)))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
