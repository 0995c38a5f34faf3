"""Add a team's modules to the functions of the set: rules of the validation, and adapters of gateways."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from payflow_cfn.artifacts.digest import Sources
from payflow_cfn.artifacts.folders import read_package
from payflow_cfn.artifacts.shipped import load_shipped
from payflow_cfn.aws.template import notes_of
from payflow_cfn.config.gateways import GATEWAYS
from payflow_cfn.config.settings import EXTENSION_NAME
from payflow_cfn.disk import read_bytes
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions.functions import beside
from payflow_cfn.extensions.plain import noted
from payflow_cfn.extensions.source_check import check_defines, check_module_name
from payflow_cfn.stacks.draft import Draft

_GATEWAY = re.compile(r"[a-z][a-z0-9]{0,30}")
_LARGEST = 1_000_000
_ADAPTER, _SECRET = "GatewayAdapter", "HasGatewaySecret"


def add_rule(payments: Draft, rule: str, *, folder: str = "") -> Draft:
    """Add a rule of the validation, "module:function": it gets the submission and the limits, as ours do.

    It returns None, or "code: message" to reject the payment. It runs again whenever the step is repeated. The module
    lies in `folder`, by default beside the extension's; `allow` and `override` give the function what the rule reads.
    """
    if rule in payments.rules:
        raise ExtensionError(f"the rule {rule} is there twice", remedy="add it once")
    payments = _with_modules(payments, "validation", rule, folder)
    return replace(payments, rules=(*payments.rules, rule))


def add_gateway(
    payments: Draft,
    name: str,
    adapter: str,
    *,
    needs_address: bool = False,
    needs_secret: bool = True,
    key_lifetime: float = 0.0,
    folder: str = "",
) -> Draft:
    """Add a gateway that GatewayAdapter may name, with its adapter "module:Class".

    docs/money/gateways.md has the protocol.

    With `needs_address` GatewayUrl is required. With `needs_secret` the class gets url, secret and time_left, else
    nothing. The gateway keeps an idempotency key for `key_lifetime` seconds, 0 is for ever.
    """
    if not _GATEWAY.fullmatch(name) or name in GATEWAYS or name in {each.name for each in payments.gateways}:
        raise ExtensionError(f"{name!r} cannot be a new gateway", remedy="use a new name of small letters and digits")
    module, _, kind = adapter.partition(":")
    record = load_shipped("payments/gateways/records.py").Record(
        name, kind, needs_address, needs_secret, key_lifetime=float(key_lifetime), module=module
    )
    payments = _with_modules(payments, "processing", adapter, folder)
    facts = payments.parameters[_ADAPTER]
    parameters = {**payments.parameters, _ADAPTER: {**facts, "AllowedValues": [*facts["AllowedValues"], name]}}
    payments = replace(payments, parameters=parameters, gateways=(*payments.gateways, record))
    for stack, template in payments.stacks.items():
        payments = payments.with_stack(stack, _with_choice(template, name, needs_secret=needs_secret))
    return payments


def _with_choice(template: Mapping[str, Any], name: str, *, needs_secret: bool) -> Mapping[str, Any]:
    """The template whose parameter admits the gateway, and whose secret is not made for it if it has none."""
    known = template.get("Parameters", {})
    if _ADAPTER in known:
        facts = {**known[_ADAPTER], "AllowedValues": [*known[_ADAPTER]["AllowedValues"], name]}
        template = {**template, "Parameters": {**known, _ADAPTER: facts}}
    conditions = template.get("Conditions", {})
    if needs_secret or _SECRET not in conditions:
        return template
    (inner,) = conditions[_SECRET]["Fn::Not"]
    others = inner.get("Fn::Or", [inner])
    without = {"Fn::Not": [{"Fn::Or": [*others, {"Fn::Equals": [{"Ref": _ADAPTER}, name]}]}]}
    return {**template, "Conditions": {**conditions, _SECRET: without}}


def _with_modules(payments: Draft, artifact: str, place: str, folder: str) -> Draft:
    """The draft with the module in the artifact; lint learns from the function's notes that it has further code."""
    sources = _modules(payments, place, folder)
    check_defines(sources, *_parts(place), methods=("charge", "find") if artifact == "processing" else ())
    payments = payments.with_sources(artifact, sources)
    name = f"{artifact.capitalize()}Function"
    function = payments.stack("functions")["Resources"][name]
    known = notes_of(function).get("modules", [])
    made = noted(function, modules=[*known, place.partition(":")[0]])
    return payments.with_section("functions", "Resources", {name: made})


def _parts(place: str) -> tuple[str, str]:
    module, _, name = place.partition(":")
    return module, name


def _modules(payments: Draft, place: str, folder: str) -> Sources:
    """The sources of the module of "module:name", or of its package, by their path in the zip."""
    if not re.fullmatch(EXTENSION_NAME, place):
        raise ExtensionError(f"{place!r} names nothing in a module", remedy='write it as "module:name"')
    top, _, _ = place.partition(":")[0].partition(".")
    check_module_name(top)
    found = folder or beside(payments.extension)
    if os.path.isdir(os.path.join(found, top)):
        return read_package(top, folder=found)
    return {f"{top}.py": read_bytes(os.path.join(found, f"{top}.py"), limit=_LARGEST)}
