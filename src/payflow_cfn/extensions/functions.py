"""Add a Lambda function of the team's own."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from troposphere import Template

from payflow_cfn.artifacts.folders import read_package
from payflow_cfn.artifacts.identities import inputs_of
from payflow_cfn.artifacts.installed import installed_pin
from payflow_cfn.config import names
from payflow_cfn.config.alarms import ALARMS, Alarm
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions.alarms import add_alarm, extend_statement
from payflow_cfn.extensions.permissions import Permission, allow
from payflow_cfn.extensions.plain import new_names, noted, plain
from payflow_cfn.extensions.source_check import check_defines, check_module_name
from payflow_cfn.stacks.draft import Draft
from payflow_cfn.stacks.functions import Purpose
from payflow_cfn.stacks.functions import add_function as add_to_template
from payflow_cfn.stacks.template_base import arn

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_STACK = "functions"


def add_function(
    payments: Draft,
    name: str,
    *,
    does: str,
    needs: Sequence[Permission] = (),
    environment: Mapping[str, Any] | None = None,
    requires: Iterable[str] = (),
    folder: str = "",
    memory: int = 0,
    timeout: int = 0,
) -> Draft:
    """Add a Lambda function: the package `name` with `handler.py`, whose function is `handle`.

    The package lies in `folder`, by default beside the extension's module. `requires` are installed, pure-Python
    distributions as "name==version", copied into the zip. The function gets a role with just `needs`, a log group, a
    published version that follows it, the alias `live`, and alarms for errors and throttles. Its outputs begin with
    the name in capitals: of "screen_payments" ScreenPaymentsAliasArn, ScreenPaymentsFunctionName and so on.
    """
    if not _NAME.fullmatch(name) or name in payments.sources:
        remedy = "use a new name of small letters, digits and _"
        raise ExtensionError(f"{name!r} cannot be a new function", remedy=remedy)
    check_module_name(name)
    purpose = _purpose(name, does, environment)
    pins = tuple(installed_pin(each) for each in requires)
    sources = read_package(name, folder=folder or beside(payments.extension))
    check_defines(sources, f"{name}.handler", "handle")
    settings = payments.settings
    inputs = inputs_of(name, sources, pins, runtime=settings.runtime, architecture=settings.architecture)
    made = Template()
    add_to_template(made, settings, purpose, inputs.identity, [])
    document = made.to_dict()
    new_names(payments, _STACK, "Resources", document["Resources"])
    found = {key: noted(each, extension=payments.extension) for key, each in document["Resources"].items()}
    function = found[f"{purpose.title}Function"]
    function["Properties"] |= {"MemorySize": memory} if memory else {}
    function["Properties"] |= {"Timeout": timeout} if timeout else {}
    role = found[f"{purpose.title}Role"]
    policies = {
        "identity": role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"],
        "trust": role["Properties"]["AssumeRolePolicyDocument"]["Statement"],
    }
    found[f"{purpose.title}Role"] = noted(role, needs=policies, why="what every function of the set needs")
    payments = replace(
        payments, sources={**payments.sources, name: sources}, pins={**payments.pins, name: pins}
    ).with_section(_STACK, "Resources", found)
    payments = payments.with_section(_STACK, "Outputs", document["Outputs"]).claimed(f"{_STACK}/{name}")
    group = plain(arn("logs", "log-group:" + purpose.log_group.sub()))
    payments = extend_statement(payments, "encryption", "CloudwatchKey", "AllowLogs", group)
    payments = allow(payments, f"{_STACK}/{purpose.title}Role", *needs)
    for each in _alarms(purpose):
        payments = add_alarm(payments, each)
    return payments


def function_title(name: str) -> str:
    """What the logical ids of a function's resources begin with: "FraudScore" of fraud_score."""
    return "".join(each.capitalize() for each in name.split("_"))


def _purpose(name: str, does: str, environment: Mapping[str, Any] | None) -> Purpose:
    title, dashed = function_title(name), name.replace("_", "-")
    found = Purpose(
        title,
        does,
        names.name("function", dashed),
        names.name("role", f"lambda-{dashed}"),
        names.name("policy", f"lambda-{dashed}"),
        names.name("function log group", dashed),
        plain(environment or {}),
        name,
    )
    longest = "e" * names.ENVIRONMENT_LIMIT
    for each in (found.function, found.role):
        if len(each.pattern.replace("{env}", longest)) > each.limit:
            most = len(dashed) - len(each.pattern.replace("{env}", longest)) + each.limit
            raise ExtensionError(f"the function's name {name} is too long", remedy=f"at most {most} characters fit")
    return found


def beside(extension: str) -> str:
    """The folder of an extension's module, or the working directory."""
    module = sys.modules.get(extension.partition(":")[0])
    return os.path.dirname(os.path.abspath(module.__file__)) if module and module.__file__ else os.getcwd()


def _alarms(purpose: Purpose) -> list[Alarm]:
    """The alarms of our own functions, for this one."""
    like = [each for each in ALARMS if each.dimension == ("FunctionName", "ValidationFunctionName")]
    title, words = purpose.title, purpose.package.replace("_", " ")
    return [
        each._replace(
            title=each.title.replace("Validation", title),
            purpose=each.purpose.replace("validation", purpose.package.replace("_", "-")),
            dimension=("FunctionName", f"{title}FunctionName"),
            meaning=each.meaning.replace("validation", words),
        )
        for each in like
    ]
