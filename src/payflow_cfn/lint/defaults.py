"""The rule about the root's defaults in payflow's sets: with them alone, nothing is missing and nothing is refused."""

from __future__ import annotations

from collections.abc import Iterator

from payflow_cfn.artifacts.shipped import load_shipped
from payflow_cfn.aws.parsed_set import ROOT, ParsedSet
from payflow_cfn.aws.stack import Scope
from payflow_cfn.aws.template import notes_of, stack_source
from payflow_cfn.aws.values import ABSENT
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.metric_sources import ALARM

_WATCHING = (ALARM, "AWS::CloudWatch::CompositeAlarm")


def defaults_are_complete(templates: ParsedSet) -> Iterator[Breach]:
    """PF113: in payflow's sets, the defaults of the root make each alarm, and the functions accept them.

    Who deploys without a parameter has production in mind. The alarms that the embedded AWS cannot create are left out
    on demand. A table of limits that a function refuses has the form that the root wants, and fails each payment
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html).
    """
    if ROOT not in templates.templates:
        return
    for scope in Scope(
        stack_source(ROOT, templates.templates, templates.children), (), lambda _name: ABSENT, {}
    ).every():
        made = set(scope.resource_ids())
        for logical, resource in scope.part("Resources").items():
            if resource.get("Type") in _WATCHING and logical not in made and not notes_of(resource).get("extension"):
                yield Breach(scope.source.file, f"Resources/{logical}", "the defaults leave this alarm out")
    given = templates.templates[ROOT].get("Parameters", {}).get("PaymentLimits", {})
    if problem := _refused(str(given.get("Default", ""))) if "Default" in given else "":
        yield Breach(ROOT, "Parameters/PaymentLimits/Default", problem)


def _refused(table: str) -> str:
    """Why the validation refuses a table of limits; empty where it does not."""
    rule, places = load_shipped("validation/limits.py"), load_shipped("payments/currencies.py").EXPONENTS
    try:
        rule.read_table(table, places)
    except rule.LimitsError as error:
        return f"the functions refuse the row {error.row!r}: {error.rule}"
    return ""
