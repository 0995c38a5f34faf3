"""A set before it goes anywhere: the values to send, and what is refused before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from payflow_cfn.deploy import Clients, OnEvent, find_collisions
from payflow_cfn.deploy.events import NamesUnchecked
from payflow_cfn.deploy.faults import explained
from payflow_cfn.deploy.stack import look_up_stack
from payflow_cfn.deploy.template import RootTemplate, check_values, dropped_names, parse_root
from payflow_cfn.errors import SettingsError
from payflow_cfn.gateways import KEYLESS
from payflow_cfn.names import ALL_NAMES, GATEWAY_SECRET, ROOT_STACK, Name
from payflow_cfn.options import Options
from payflow_cfn.production import check_gateway, check_rules, guard_production
from payflow_cfn.regions import require_features
from payflow_cfn.tags import check_tags
from payflow_cfn.template_set import TemplateSet

ROOT_FILE = "root.json"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A set, its root, and the values of the root's parameters."""

    stack_name: str
    templates: TemplateSet
    root: RootTemplate
    values: Mapping[str, str]


def prepare(
    cloudformation: Any,
    templates: TemplateSet,
    parameters: Mapping[str, str],
    options: Options,
    *,
    tags: Mapping[str, str] | None = None,
) -> Prepared:
    """Check the set and what it is to be deployed with; reads the stack only for a parameter the set has not.

    SettingsError for a parameter that neither the set nor the stack has, for a value that the set refuses, where the
    region lacks what the set uses, where a service refuses one of the stack's `tags`, which fall on every resource,
    and those of `guard_production`, `check_gateway` and `check_rules`.
    """
    _check_texts(parameters)
    check_tags({**templates.tags, **(tags or {})})
    stack_name = ROOT_STACK.text(parameters["Environment"])
    root = parse_root(templates.templates[ROOT_FILE])
    values = _checked(cloudformation, root, parameters, options, stack_name=stack_name)
    check_gateway(root, values, templates.distributions)
    check_rules(root, values)
    require_features(templates.templates, cloudformation.meta.region_name)
    return Prepared(stack_name, templates, root, values)


def _check_texts(parameters: Mapping[str, str]) -> None:
    """Refuse what a program without a type checker may pass: no environment, or a value that is no text."""
    if "Environment" not in parameters:
        raise SettingsError("the parameters have no Environment", remedy="give it: it names the stack")
    for name, value in parameters.items():
        if not isinstance(value, str):
            raise SettingsError(f"the parameter {name} is {value!r}", remedy="give it as a text", parameter=name)


def _checked(
    cloudformation: Any, root: RootTemplate, parameters: Mapping[str, str], options: Options, *, stack_name: str
) -> Mapping[str, str]:
    """The values to send; raises for a name that neither the template nor the stack has, and where the guard does."""
    if not set(parameters) <= set(root.parameters):
        stack = look_up_stack(cloudformation, stack_name)
        dropped_names(root, parameters, stack.parameters if stack else {})
    check_values(root, parameters)
    if not options.production:
        return parameters
    return guard_production(root, parameters, allow_simulated_gateway=options.allow_simulated_gateway)


def preflight(clients: Clients, environment: str, made: Prepared, on_event: OnEvent) -> Callable[[], None]:
    """What looks, before a first deploy, whether the names that the set would create are taken."""

    def look() -> None:
        names = _created(made)
        with explained("looking up the names", stack_name=made.stack_name):
            seen = find_collisions(clients, environment=environment, stack_name=made.stack_name, names=names)
        if seen.unchecked:
            on_event(NamesUnchecked(made.stack_name, seen.unchecked))
        seen.require_free(environment=environment)

    return look


def _created(made: Prepared) -> dict[str, Name]:
    """The names that the set would create: no alias for a key that is given, no secret for a gateway without a key."""
    texts = tuple(made.templates.templates.values())
    gateway = made.values.get("GatewayAdapter", made.root.parameters["GatewayAdapter"].default)
    left_out = {GATEWAY_SECRET} if gateway in KEYLESS else set()
    return {
        key: each
        for key, each in ALL_NAMES.items()
        if each not in left_out and any(each.sub() in text for text in texts)
    }
