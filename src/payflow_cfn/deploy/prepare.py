"""Check a set and its parameters before anything is sent, and make the request of its deploy."""

from __future__ import annotations

from collections.abc import Mapping

from payflow_cfn.artifacts.set_folder import ROOT
from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.aws.regions import require_features
from payflow_cfn.aws.tags import check_tags
from payflow_cfn.config.names import ROOT_STACK
from payflow_cfn.config.options import Options
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.stack import look_up_stack
from payflow_cfn.deploy.cloudformation.template import RootTemplate, check_values, dropped_names, parse_root
from payflow_cfn.deploy.production_guard import check_gateway, check_rules, guard_production
from payflow_cfn.errors import SettingsError, gathered, refuse


def prepare(
    cloudformation: CloudFormationClient,
    templates: TemplateSet,
    parameters: Mapping[str, str],
    options: Options,
    *,
    tags: Mapping[str, str] | None = None,
) -> Request:
    """Check the set, its parameters and tags; reads the stack only for a parameter that the set does not have.

    SettingsError for a parameter that neither the set nor the stack has, for a value that the set refuses, for a used
    feature that the region lacks, for one of the stack's `tags` that a service refuses (every resource gets them), for
    express mode in a production-like environment, and those of `guard_production`, `check_gateway` and `check_rules`.
    """
    _check_texts(parameters)
    _check_mode(parameters["Environment"], options)
    check_tags({**templates.tags, **(tags or {})})
    stack_name = ROOT_STACK.text(parameters["Environment"])
    root = parse_root(templates.templates[ROOT])
    values = _checked(cloudformation, root, parameters, options, stack_name=stack_name)
    check_requirements(root, values, templates, region=cloudformation.meta.region_name)
    return Request(stack_name, root, values, templates.templates, tags, options)


def check_requirements(root: RootTemplate, values: Mapping[str, str], templates: TemplateSet, *, region: str) -> None:
    """SettingsError, with every mistake: a gateway that cannot charge, values that the functions refuse.

    And features of the templates that the `region` lacks; empty where it is not known.
    """
    found: list[SettingsError] = []
    with gathered(found):
        check_gateway(root, values, templates.distributions)
    with gathered(found):
        check_rules(root, values)
    if region:
        with gathered(found):
            require_features(templates.templates, region)
    refuse(found)


def _check_mode(environment: str, options: Options) -> None:
    if options.express and options.production:
        raise SettingsError(
            f"{environment} is production-like, and express mode ends a deploy before its resources are ready",
            remedy="deploy without --express",
        )


def _check_texts(parameters: Mapping[str, str]) -> None:
    """SettingsError for a missing environment or a value that is not a text: a program may pass either."""
    if "Environment" not in parameters:
        raise SettingsError("the parameters have no Environment", remedy="give it: it names the stack")
    for name, value in parameters.items():
        if not isinstance(value, str):
            raise SettingsError(f"the parameter {name} is {value!r}", remedy="give it as a text", parameter=name)


def _checked(
    cloudformation: CloudFormationClient,
    root: RootTemplate,
    parameters: Mapping[str, str],
    options: Options,
    *,
    stack_name: str,
) -> Mapping[str, str]:
    """The values to send; raises for a name that neither the template nor the stack has, and as the guard does."""
    if not set(parameters) <= set(root.parameters):
        stack = look_up_stack(cloudformation, stack_name)
        dropped_names(root, parameters, stack.parameters if stack else {})
    check_values(root, parameters)
    if not options.production:
        return parameters
    return guard_production(root, parameters, allow_simulated_gateway=options.allow_simulated_gateway)
