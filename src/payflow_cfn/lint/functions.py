"""Rules about functions: their versions, code, environment, role, log group, key and event sources fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.data_resources import FUNCTION, MACHINE, TABLE
from payflow_cfn.aws.grants import Policy, allowing, policies_of
from payflow_cfn.aws.intrinsics import resource_arn
from payflow_cfn.aws.parsed_set import ParsedSet, Place
from payflow_cfn.aws.values import listed, scalar_text
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.function_code import (
    Code,
    longest_wait,
    newer_than,
    read_code,
    reads_all_variables,
    variables_needed,
)
from payflow_cfn.lint.iam import Request, concerns, holds
from payflow_cfn.lint.machine import every_state
from payflow_cfn.lint.references import APART, confused, evaluated, is_open, targets

_ALIAS, _VERSION = "AWS::Lambda::Alias", "AWS::Lambda::Version"
_ROLE, _GROUP, _KEY = "AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::KMS::Key"
_SOURCE, _QUEUE = "AWS::Lambda::EventSourceMapping", "AWS::SQS::Queue"
# Variables that Lambda, its runtimes, layers and well-known libraries read.
_IGNORED = ("AWS_", "LAMBDA_", "_", "PYTHON", "LD_", "PATH", "LANG", "TZ", "OTEL_", "POWERTOOLS_", "LOG_LEVEL")
_GIVEN = frozenset({"ENVIRONMENT"})  # every function of payflow gets it, whether its code reads it or not
_PROVIDED = ("AWS_", "LAMBDA_", "_", "PATH", "LANG", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH", "HOME", "PWD")
# Type, path to a property, the types that it names: what the names of both sides have to agree on.
_TIES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (FUNCTION, ("Role",), (_ROLE,)),
    (FUNCTION, ("LoggingConfig", "LogGroup"), (_GROUP,)),
    (_VERSION, ("FunctionName",), (FUNCTION,)),
    (_ALIAS, ("FunctionName",), (FUNCTION,)),
    (_ALIAS, ("FunctionVersion",), (_VERSION,)),
    ("AWS::Lambda::EventInvokeConfig", ("FunctionName",), (FUNCTION,)),
    (MACHINE, ("RoleArn",), (_ROLE,)),
    ("AWS::Logs::MetricFilter", ("LogGroupName",), (_GROUP,)),
)
# How Lambda decrypts the variables of a function: in the name of its role, and through no other service.
_OPENING = Request("", "kms:Decrypt", "", {"kms:viaservice": "lambda"})
_SERVICES = ((FUNCTION, "Role", "lambda.amazonaws.com"), (MACHINE, "RoleArn", "states.amazonaws.com"))


def versions_are_of_one_function(templates: ParsedSet) -> Iterator[Breach]:
    """PF051: an alias points to a version of its own function, and one that a workflow calls to a published version.

    An alias of $LATEST changes with every upload, also in the middle of an execution. A weight of a version by its
    number is what a canary left behind
    (https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html).
    """
    called = set(_called(templates))
    for stack, logical, resource in templates.resources(_ALIAS):
        properties = resource.get("Properties", {})
        path = f"Resources/{logical}/Properties/FunctionVersion"
        own = {each[:2] for each in targets(templates, stack, properties.get("FunctionName"), FUNCTION)}
        for version in targets(templates, stack, properties.get("FunctionVersion"), _VERSION):
            given = templates.resource(version).get("Properties", {}).get("FunctionName")
            others = {each[:2] for each in targets(templates, version.stack, given, FUNCTION)}
            if own and others and not own & others:
                yield Breach(stack, path, f"{version.resource} is not a version of the function of this alias")
        if evaluated(templates, stack, properties.get("FunctionVersion")) == "$LATEST" and (stack, logical) in called:
            yield Breach(stack, path, "a workflow calls this alias, and it points to $LATEST")
        for each in _weighted(resource.get("Properties", {})):
            told = f"a part of the calls runs version {each} for ever: a number is not that of a version of the set"
            yield Breach(stack, f"Resources/{logical}/Properties/RoutingConfig", told)


def _weighted(alias: Mapping[str, Any]) -> Iterator[str]:
    """The versions that an alias gives a part of its calls to by their number."""
    given = alias.get("RoutingConfig")
    for each in listed(given.get("AdditionalVersionWeights")) if isinstance(given, Mapping) else ():
        number = scalar_text(each.get("FunctionVersion")) if isinstance(each, Mapping) else ""
        if number.isdecimal() and isinstance(alias.get("FunctionVersion"), Mapping):
            yield number


def _called(templates: ParsedSet) -> Iterator[tuple[str, str]]:
    """The aliases that the set's workflows name."""
    for stack, _, machine in templates.resources(MACHINE):
        for _, state in every_state(machine.get("Properties", {}).get("Definition", {})):
            arguments = state.get("Arguments", state.get("Parameters", {}))
            for value in (state.get("Resource"), arguments.get("FunctionName")):
                yield from (each[:2] for each in targets(templates, stack, value, _ALIAS))


def handlers_exist(templates: ParsedSet) -> Iterator[Breach]:
    """PF052: the code of a function has the handler that the function names, and is written for its runtime.

    Without it, every call fails with Runtime.ImportModuleError or Runtime.HandlerNotFound
    (https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html).
    """
    for stack, logical, properties, code in _known_codes(templates):
        if not code.has_handler:
            path = f"Resources/{logical}/Properties/Handler"
            yield Breach(stack, path, f"the code has no {properties['Handler']}")
        if problem := newer_than(templates, properties):
            yield Breach(stack, f"Resources/{logical}/Properties/Runtime", problem)


def variables_are_read(templates: ParsedSet) -> Iterator[Breach]:
    """PF053: the code of a function reads each of its environment variables, and has each that it cannot do without.

    A misspelt name is both: a variable that nobody reads, and one that is missing. A variable that names the
    environment in one function does so in the others
    (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html).
    """
    yield from _constant_environments(templates)
    for stack, logical, properties, code in _known_codes(templates):
        path = f"Resources/{logical}/Properties/Environment"
        given = properties.get("Environment", {}).get("Variables", {})
        if not code.has_handler or not isinstance(given, Mapping):
            continue
        for name in sorted(variables_needed(code) - set(given)):
            if not name.startswith(_PROVIDED):
                yield Breach(stack, path, f"the code needs the variable {name}, which is not set")
        further = properties.get("Layers")
        if code.is_closed and not reads_all_variables(code) and not further:
            for name in sorted(given):
                if name not in _GIVEN and not name.startswith(_IGNORED) and not code.may_write(name):
                    yield Breach(stack, path, f"no code of the function reads the variable {name}")


def _constant_environments(templates: ParsedSet) -> Iterator[Breach]:
    """Variables that are the environment's name in one function, and a constant in another one."""
    found = {
        (stack, logical): {name: each for name, each in given.items() if isinstance(each, str)}
        for stack, logical, resource in templates.resources(FUNCTION)
        for environment in (evaluated(templates, stack, resource.get("Properties", {})).get("Environment"),)
        for given in (environment.get("Variables") if isinstance(environment, Mapping) else None,)
        if isinstance(given, Mapping)
    }
    named = {name: place for place, given in found.items() for name, each in given.items() if each == APART.environment}
    for (stack, logical), given in found.items():
        for name in sorted(named.keys() & given.keys()):
            if given[name] != APART.environment:
                told = f"{name} is always {given[name]!r}, and in {named[name][1]} it is the environment"
                yield Breach(stack, f"Resources/{logical}/Properties/Environment", told)


def functions_may_work(templates: ParsedSet) -> Iterator[Breach]:
    """PF054: the service may assume the role, and the role may write to its function's log group and use its key.

    A function whose role may not write logs runs without a trace; one that may not decrypt its variables fails, as does
    one that is reserved no concurrency
    (https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html).
    """
    yield from _stopped(templates)
    policies = list(policies_of(templates, APART))
    for kind, key, service in _SERVICES:
        for stack, logical, resource in templates.resources(kind):
            for role in targets(templates, stack, resource.get("Properties", {}).get(key), _ROLE):
                path = f"Resources/{logical}/Properties"
                if not _admits(policies, role, service):
                    yield Breach(stack, f"{path}/{key}", f"{role.resource} does not admit {service}")
                elif not _admits_machine(templates, policies, role, Place(stack, logical, "Arn")):
                    yield Breach(stack, f"{path}/{key}", f"{role.resource} admits {service} for another state machine")
                for problem in _role_problems(templates, policies, Place(stack, logical, "Arn"), role):
                    yield Breach(stack, path, problem)


def _stopped(templates: ParsedSet) -> Iterator[Breach]:
    for stack, logical, resource in templates.resources(FUNCTION):
        given = evaluated(templates, stack, resource.get("Properties", {}))
        if scalar_text(given.get("ReservedConcurrentExecutions")) == "0":
            path = f"Resources/{logical}/Properties/ReservedConcurrentExecutions"
            yield Breach(stack, path, "the function may not run even once at a time: each call is throttled")


def _admits(policies: list[Policy], role: Place, service: str) -> bool:
    """Whether the trust policy of the role names the service, or cannot be read."""
    principals = [each.get("Principal") for each in allowing(policies, "trust", role[:2])]
    named = [one for each in principals if isinstance(each, dict) for one in listed(each.get("Service"))]
    return not named or "*" in named or any(str(each).partition(".")[0] == service.partition(".")[0] for each in named)


def _admits_machine(templates: ParsedSet, policies: list[Policy], role: Place, machine: Place) -> bool:
    """Whether the trust policy of the role lets Step Functions act for this machine, as far as its name is known."""
    given = templates.resource(machine)
    name = evaluated(templates, machine.stack, given.get("Properties", {}).get("StateMachineName"))
    if given.get("Type") != MACHINE or name is None or is_open(name):
        return True
    context = {"aws:sourcearn": resource_arn(templates, machine, APART), "aws:sourceaccount": APART.account}
    request = Request("states.amazonaws.com", "sts:AssumeRole", "", context)
    trusting = allowing(policies, "trust", role[:2])
    return not trusting or any(holds(each, request) is not False for each in trusting)


def _role_problems(templates: ParsedSet, policies: list[Policy], user: Place, role: Place) -> Iterator[str]:
    stack, given = user.stack, templates.resource(user).get("Properties", {})
    allowed = _allowed(templates, policies, role)
    if allowed is None:
        return
    for group in targets(templates, stack, given.get("LoggingConfig", {}).get("LogGroup"), _GROUP):
        if not _may(allowed, "logs:putlogevents", f"{resource_arn(templates, group, APART)}:log-stream:x"):
            yield f"{role.resource} may not write to {group.resource}"
    encryption = given.get("EncryptionConfiguration")
    history = encryption.get("KmsKeyId") if isinstance(encryption, Mapping) else None
    for key in targets(templates, stack, given.get("KmsKeyArn", history), _KEY):
        others = [Place(other, name, "Arn") for other, name, _ in templates.resources(_KEY)]
        opening = [each for each in allowed if history or holds(each, _OPENING) is not False]
        usable = [each for each in others if _may(opening, "kms:decrypt", resource_arn(templates, each, APART))]
        if usable and key[:2] not in {each[:2] for each in usable}:
            yield f"{role.resource} may use other keys, but not {key.resource}"


def _allowed(templates: ParsedSet, policies: list[Policy], role: Place) -> list[Mapping[str, Any]] | None:
    """What the role's policies allow; None where a managed policy may allow anything."""
    if templates.resource(role).get("Properties", {}).get("ManagedPolicyArns"):
        return None
    if any(each.kind == "identity" and each.owner[0] == "" for each in policies):
        return None  # of a role that is named by text: it may be this one
    return allowing(policies, "identity", role[:2])


def _may(allowed: list[Mapping[str, Any]], action: str, resource: str) -> bool:
    """Whether a statement is about the action on the resource, or on a part of it as GetAtt Arn and `:*` name it."""
    names = {resource, resource.removesuffix(":log-stream:x"), resource.removesuffix(":log-stream:x") + ":*"}
    return any(
        concerns(each, "Action", action, lower=True) and any(concerns(each, "Resource", name) for name in names)
        for each in allowed
    )


def references_follow_names(templates: ParsedSet) -> Iterator[Breach]:
    """PF055: where the names of two functions and of their roles, groups or versions correspond, so do the references.

    A function that uses the other one's role, or an alias of the other one's version, deploys without an error and
    does the other one's work, or none.
    """
    for kind, path, wanted in _TIES:
        for stack, logical, resource in templates.resources(kind):
            value: Any = resource.get("Properties", {})
            for step in path:
                value = value.get(step, {}) if isinstance(value, Mapping) else {}
            for target in targets(templates, stack, value, *wanted):
                if meant := confused(templates, Place(stack, logical, "Ref"), target):
                    where = f"Resources/{logical}/Properties/{'/'.join(path)}"
                    yield Breach(stack, where, f"{logical} refers to {target.resource}, not to {meant}")


def functions_have_time(templates: ParsedSet) -> Iterator[Breach]:
    """PF056: a function outlives the longest wait in its code, and messages stay invisible while it works.

    Otherwise Lambda stops it before its client reports the timeout, or SQS hands a message out twice
    (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html).
    """
    for stack, logical, properties, code in _known_codes(templates):
        timeout, wait = _seconds(properties.get("Timeout", 3)), longest_wait(code)
        if timeout is not None and timeout <= wait:
            path = f"Resources/{logical}/Properties"
            yield Breach(stack, path, f"Timeout {timeout:g} is not longer than the wait of {wait:g} s in the code")
    for stack, logical, resource in templates.resources(_SOURCE):
        for problem in _source_problems(templates, stack, resource.get("Properties", {})):
            yield Breach(stack, f"Resources/{logical}/Properties", problem)


def _source_problems(templates: ParsedSet, stack: str, given: Mapping[str, Any]) -> Iterator[str]:
    functions = list(targets(templates, stack, given.get("FunctionName"), FUNCTION))
    for source in targets(templates, stack, given.get("EventSourceArn"), _QUEUE, TABLE):
        wanted = "StreamArn" if templates.resource(source)["Type"] == TABLE else "Arn"
        if source.attribute != wanted:
            yield f"EventSourceArn takes {wanted} of {source.resource}, not {source.attribute}"
            continue
        for function in functions if wanted == "Arn" else ():
            hidden = _seconds(_property(templates, source, "VisibilityTimeout", 30))
            timeout = _seconds(_property(templates, function, "Timeout", 3))
            if hidden is not None and timeout is not None and hidden < timeout:
                yield f"{source.resource} hides a message for {hidden:g} s, and {function.resource} works {timeout:g} s"


def _property(templates: ParsedSet, place: Place, name: str, default: Any) -> Any:
    return evaluated(templates, place.stack, templates.resource(place).get("Properties", {}).get(name, default))


def _seconds(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) or (isinstance(value, str) and value.isdecimal()) else None


def _known_codes(templates: ParsedSet) -> Iterator[tuple[str, str, dict[str, Any], Code]]:
    """The functions whose code is known, with their evaluated properties."""
    for stack, logical, resource in templates.resources(FUNCTION):
        properties = evaluated(templates, stack, resource.get("Properties", {}))
        if code := read_code(templates, properties):
            yield stack, logical, properties, code
