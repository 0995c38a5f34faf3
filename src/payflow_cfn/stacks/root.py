"""The root stack: the parameters with their defaults, the nested stacks, and every output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from troposphere import AccountId, Equals, GetAtt, Parameter, Ref, Region, Template
from troposphere.cloudformation import Stack

from payflow_cfn.config.alarms import THRESHOLDS
from payflow_cfn.config.gateways import GATEWAYS, SIMULATED
from payflow_cfn.config.names import PRODUCTION_NAMES
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import RenderError
from payflow_cfn.stacks.customer_resources import given_outputs, given_parameters, passed
from payflow_cfn.stacks.template_base import FULL, SHARED_PARAMETERS, add_outputs, new_template, tags
from payflow_cfn.version import TEMPLATE_VERSION

if TYPE_CHECKING:
    from payments.gateways.records import Record

DEFAULTS: Mapping[str, Any] = {
    "Environment": "dev",
    "ResourceCoverage": "full",
    "PermissionsBoundary": "",
    "RolePath": "/",
    "LogRetentionDays": 30,
    "GatewayAdapter": SIMULATED,
    "GatewayUrl": "",
    "AllowSimulatedGateway": "false",
    "NotificationEmail": "",
    "PaymentLimits": "USD 10000 5000",
    "RiskThreshold": "50",
    "CardSearchExemptions": "",
    **{each.parameter: each.default for each in THRESHOLDS},
}

# Only the form: `check_rules` and the validation function also check currencies, decimal places and counts.
_LIMITS_ROW = "[A-Z]{3}( (0|[1-9][0-9]{0,11})(\\.[0-9]{1,3})?){2}"
_CLASS = r"\[([0-9]-[0-9]|[A-Z]-[A-Z]|[a-z]-[a-z]|[A-Za-z0-9_])+\]"
_EXEMPTION = rf" *[A-Za-z0-9_.-]+ *= *(({_CLASS}|[A-Za-z0-9_:/#.+-])(\{{[0-9]{{1,3}}(,[0-9]{{1,3}})?\}})?)+ *"

_ADDRESSED = " or ".join(each.name for each in GATEWAYS.values() if each.needs_address)

# The rules of parameters that nested stacks take as text, after root has checked them.
_OWN: Mapping[str, Mapping[str, Any]] = {
    "GatewayUrl": {
        "Type": "String",
        "AllowedPattern": "(https?://[!-~]{1,500})?",
        "Description": f"Base address of the {_ADDRESSED} gateway; empty for the others",
    },
    "AllowSimulatedGateway": {
        "Type": "String",
        "AllowedValues": ["false", "true"],
        "Description": "true lets an environment with a production name use the simulated gateway",
    },
    "NotificationEmail": {
        "Type": "String",
        "AllowedPattern": "([^@\\s]+@[^@\\s]+)?",
        "Description": "Address that gets every notice; empty for none",
    },
    "PaymentLimits": {
        "Type": "String",
        "AllowedPattern": f"{_LIMITS_ROW}(, ?{_LIMITS_ROW})*",
        "ConstraintDescription": "rows of currency, limit and high-risk step, such as USD 10000 5000, EUR 9000 4500",
        "Description": "Accepted currencies, each with its limit and its high-risk step in major units",
    },
    "RiskThreshold": {
        "Type": "String",
        "AllowedPattern": "[1-9][0-9]{0,2}",
        "Description": "Lowest risk score with which a payment is rejected",
    },
    "CardSearchExemptions": {
        "Type": "String",
        "MaxLength": 2000,
        "AllowedPattern": f"({_EXEMPTION}(;{_EXEMPTION})*;?)?",
        "ConstraintDescription": "entries FIELD=PATTERN separated by semicolons; see docs/cards.md",
        "Description": "Fields that hold ids of a known form, which are not searched for card data; docs/cards.md",
    },
    **{
        each.parameter: {
            "Type": "Number",
            **({"AllowedValues": list(each.choices)} if each.choices else {"MinValue": each.least}),
            "Description": each.description,
        }
        for each in THRESHOLDS
    },
}

# Only a set that logs execution data (the setting log_execution_data) has this parameter.
ALLOW_EXECUTION_DATA = "AllowExecutionDataLogging"
_EXECUTION_DATA: Mapping[str, Any] = {
    "Type": "String",
    "AllowedValues": ["false", "true"],
    "Description": "true lets an environment with a production name log the data of payments",
}


class Interface(NamedTuple):
    """The names that a nested stack takes and gives; `conditional` are the outputs of full coverage alone."""

    parameters: tuple[str, ...]
    outputs: tuple[str, ...]
    conditional: frozenset[str] = frozenset()


def interface(template: Template) -> Interface:
    """The interface of a stack."""
    conditional = (name for name, each in template.outputs.items() if each.resource.get("Condition") == FULL)
    return Interface(tuple(template.parameters), tuple(template.outputs), frozenset(conditional))


def root_stack(
    settings: Settings,
    children: Mapping[str, Interface],
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    gateways: Iterable[Record] = (),
) -> Template:
    """Connect the nested stacks by the names of their parameters and outputs.

    `parameters` are root's own, those of the settings by default; `gateways` are a team's. The value of a nested
    stack's parameter is root's parameter of that name, or the output of that name of another nested stack. Raises
    RenderError when a name has no source, or two.
    """
    template = new_template("root", "payment workflow")
    template.parameters.clear()
    own = parameters_of(settings) if parameters is None else parameters
    for name, facts in own.items():
        template.add_parameter(Parameter(name, **facts))
    _guard_production(template, settings)
    _guard_gateway(template, settings, [*GATEWAYS.values(), *gateways])
    owners = _owners(own, children)
    for name, child in children.items():
        wires = {each: _source(each, name, owners, own) for each in child.parameters}
        template.add_resource(
            Stack(
                name.capitalize(),
                TemplateURL=f"./{name}.json",
                Parameters=wires,
                Tags=tags(settings),
                # It goes with its parent; what must outlive it says so itself.
                DeletionPolicy="Delete",
                UpdateReplacePolicy="Delete",
            )
        )
    template.add_condition(FULL, Equals(Ref("ResourceCoverage"), "full"))
    for child in children.values():
        for name in child.outputs:
            condition = FULL if name in child.conditional else ""
            add_outputs(template, {name: _source(name, "root", owners, own)}, condition=condition)
    add_outputs(template, given_outputs(settings))
    add_outputs(template, {"AccountId": AccountId, "Region": Region, "TemplateVersion": TEMPLATE_VERSION})
    return template


def _guard_production(template: Template, settings: Settings) -> None:
    """Add rules that refuse, before anything is created, values that production takes only with an explicit parameter.

    A rule compares whole values, not patterns, so it has only the plain names; `deploy` checks every part of a name.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
    """
    production = {"Fn::Contains": [sorted(PRODUCTION_NAMES), {"Ref": "Environment"}]}
    simulated = {"Fn::Equals": [{"Ref": "GatewayAdapter"}, SIMULATED]}
    template.add_rule(
        "RealGatewayInProduction",
        {
            "RuleCondition": {"Fn::And": [production, simulated]},
            "Assertions": [_said("AllowSimulatedGateway", "the simulated gateway moves no money")],
        },
    )
    if settings.log_execution_data:
        template.add_parameter(Parameter(ALLOW_EXECUTION_DATA, Default="false", **_EXECUTION_DATA))
        template.add_rule(
            "NoExecutionDataInProductionLogs",
            {
                "RuleCondition": production,
                "Assertions": [_said(ALLOW_EXECUTION_DATA, "the set logs execution data, which is customer data")],
            },
        )


def _guard_gateway(template: Template, settings: Settings, gateways: Iterable[Record]) -> None:
    """Add rules that refuse a gateway without its address or SDK; `deploy` checks the whole address."""
    addressed = {"Fn::Not": [{"Fn::Equals": [{"Ref": "GatewayUrl"}, ""]}]}
    for each in gateways:
        title, chosen = each.name.capitalize(), {"Fn::Equals": [{"Ref": "GatewayAdapter"}, each.name]}
        if each.needs_address:
            why = f"the {each.name} gateway needs its address: set GatewayUrl"
            template.add_rule(
                f"{title}GatewayHasAddress",
                {"RuleCondition": chosen, "Assertions": [{"Assert": addressed, "AssertDescription": why}]},
            )
        if each.sdk and each.sdk not in settings.sdks:
            why = f"this set's functions have no {title} SDK: render it with the setting {each.sdk}"
            other = {"Assert": {"Fn::Not": [chosen]}, "AssertDescription": why}
            template.add_rule(f"{title}GatewayHasSdk", {"Assertions": [other]})


def _said(parameter: str, why: str) -> dict[str, Any]:
    return {
        "Assert": {"Fn::Equals": [{"Ref": parameter}, "true"]},
        "AssertDescription": f"in production, {why}: set {parameter}=true if you want that",
    }


def parameters_of(settings: Settings) -> dict[str, Mapping[str, Any]]:
    """Root's parameters: those of every set, with defaults, then those that settings add."""
    facts = {**SHARED_PARAMETERS, **_OWN}
    always = {name: {"Default": default, **facts[name]} for name, default in DEFAULTS.items()}
    return {**always, **given_parameters(settings)}


def _owners(parameters: Iterable[str], children: Mapping[str, Interface]) -> dict[str, str]:
    owners = dict.fromkeys(parameters, "root")
    for name, child in children.items():
        for output in child.outputs:
            if output in owners:
                raise RenderError(
                    f"{output} is an output of both {owners[output]} and {name}",
                    remedy="give one of them another name",
                    name=output,
                )
            owners[output] = name
    return owners


def _source(name: str, child: str, owners: Mapping[str, str], parameters: Mapping[str, Mapping[str, Any]]) -> Any:
    owner = owners.get(name)
    if owner is None or owner == child:
        raise RenderError(
            f"parameter {name} of {child} has no owner",
            remedy="add an output of that name to another stack, or a parameter to root",
            name=name,
        )
    if owner == "root":
        return passed(name, parameters[name]["Type"])
    return GetAtt(owner.capitalize(), f"Outputs.{name}")
