"""Add a step to the workflow: a state that calls a function or a service, with its retries and its Catch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions.functions import function_title
from payflow_cfn.extensions.plain import plain
from payflow_cfn.stacks.draft import Draft
from payflow_cfn.stacks.template_base import arn
from payflow_cfn.stacks.workflow import timing
from payflow_cfn.text import nearest
from payflow_cfn.workflow.states import (
    SERVICE_ERRORS,
    SERVICE_TASK_SECONDS,
    State,
    Timing,
    function_step,
    keep_error,
    retry,
    service_step,
)

_STACK, _MACHINE, _ROLE = "workflow", "PaymentWorkflow", "WorkflowRole"
_NAME = re.compile(r"[A-Z][A-Za-z0-9]{0,79}")
# The states that charge; a refusal has to reach each of them.
_CHARGING = ("ProcessPayment", "ReconcilePayment")


def add_step(
    payments: Draft,
    name: str,
    *,
    function: str = "",
    service: str = "",
    before: str = "",
    after: str = "",
    payload: Mapping[str, Any] | None = None,
    answer: str = "",
    refuses: bool = False,
    failed: str = "",
) -> Draft:
    """Add a Task state that calls a function of `add_function` or a service, before or after a state of the workflow.

    A function gets `payload`, by default the validated payment and the execution; a service ("events:putEvents") gets
    it as its arguments, and needs a permission of the role (`allow`). `answer` names a variable that holds what a
    function returned, for a later step's payload. If the step fails for technical reasons, the payment ends as after a
    failed validation; with `failed`, that state is next instead, the payment's status stays, and `$error` is the
    step's. With `refuses`, an answer {"refuse": "code"} of a function declines the payment before anything is sent to
    the gateway: the decline code is refused_before_charge, and the reference has the code.
    """
    machine = payments.stack(_STACK)["Resources"][_MACHINE]
    definition = machine["Properties"]["Definition"]
    states: Mapping[str, State] = definition["States"]
    follows = _following(states, name, before, after)
    if bool(function) == bool(service) or (service and (answer or refuses)):
        raise ExtensionError(f"{name} calls {function or 'nothing'} and {service or 'nothing'}", remedy=_ONE)
    _check_answer(states, answer)
    if failed and failed not in states:
        raise ExtensionError(f"the workflow has no state {failed}", remedy=nearest(failed, states))
    if _reachable(states, "ProcessPayment", before or after) and (refuses or not failed):
        raise ExtensionError(f"{name} would stand after the charge", remedy=_LATE)
    title = function_title(function)
    times = timing(payments.settings)
    made = (
        _service(service, payload or {}, times)
        if service
        else _function(states["ValidatePayment"], {"Ref": f"{title}AliasArn"}, payload)
    )
    assign = {**_kept(answer), **(_REFUSAL if refuses else {})}
    # The output is the payment's result: a state that ends the execution hands it on.
    made |= {"Output": "{% $result %}", **({"Assign": assign} if assign else {}), "Next": follows}
    made["Catch"] = keep_error(failed, error=_ERROR) if failed else states["ValidatePayment"]["Catch"]
    others = (
        {key: _redirected(each, before, name) for key, each in states.items()}
        if before
        else {**states, after: {**states[after], "Next": name}}
    )
    if refuses:
        others = _refusable(others)
    seconds = definition["TimeoutSeconds"] + (service_step(times) if service else function_step(times))
    changed = {**definition, "States": {**others, name: made}, "TimeoutSeconds": seconds}
    properties = {**machine["Properties"], "Definition": changed}
    payments = payments.with_section(_STACK, "Resources", {_MACHINE: {**machine, "Properties": properties}})
    payments = payments if service else _invoking(payments, {"Ref": f"{title}AliasArn"})
    return payments.claimed(f"{_STACK}/{name}")


def _following(states: Mapping[str, State], name: str, before: str, after: str) -> str:
    """The state that follows the new one."""
    if not _NAME.fullmatch(name) or name in states or bool(before) == bool(after):
        raise ExtensionError(
            f"{name!r} cannot be added before {before or 'nothing'} or after {after or 'nothing'}",
            remedy="use a new name that begins with a capital, and say either before= or after=",
        )
    place = before or after
    if place not in states:
        raise ExtensionError(f"the workflow has no state {place}", remedy=nearest(place, states))
    follows = str(before or states[after].get("Next", ""))
    if not follows:
        raise ExtensionError(f"nothing follows {after} in one way", remedy="name a state with one Next, or use before=")
    return follows


def _check_answer(states: Mapping[str, State], answer: str) -> None:
    """ExtensionError for a name that is not a variable's, or that the workflow assigns itself."""
    taken = {name for state in states.values() for part in _assigning(state) for name in part.get("Assign", {})}
    if answer and (not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,79}", answer) or answer in {*taken, "states", "refusal"}):
        raise ExtensionError(f"{answer!r} cannot hold an answer", remedy="use a name that the workflow does not assign")


def _assigning(state: State) -> list[Mapping[str, Any]]:
    return [state, *state.get("Catch", ()), *state.get("Choices", ())]


def _reachable(states: Mapping[str, State], start: str, wanted: str) -> bool:
    """Whether `wanted` comes after `start`; a step before `start` itself does not."""
    seen: set[str] = set()
    todo = [each for part in _assigning(states[start]) for each in _ways(part)]
    while todo:
        each = todo.pop()
        if each not in seen and each in states:
            seen.add(each)
            todo += [way for part in _assigning(states[each]) for way in _ways(part)]
    return wanted in seen or wanted == ""


def _ways(part: Mapping[str, Any]) -> list[str]:
    return [part[key] for key in ("Next", "Default") if key in part]


_LATE = "a step there cannot refuse, and needs failed=: the state after its failure, such as PaymentFailed"
_ONE = "give function= or service=; only a function has an answer, and can refuse"
_ERROR = "{% $substring($states.errorOutput.Error, 0, 128) %}"
_ANSWER = "$states.result.Payload"
_REFUSAL = {"refusal": f"{{% $type({_ANSWER}.refuse) = 'string' ? {_ANSWER}.refuse : null %}}"}


def _kept(answer: str) -> dict[str, str]:
    return {answer: f"{{% {_ANSWER} %}}"} if answer else {}


def _function(like: State, alias: Any, payload: Mapping[str, Any] | None) -> State:
    given = {"payment": "{% $payment %}", "execution": "{% $execution %}"} if payload is None else plain(payload)
    arguments = {"FunctionName": alias, "Payload": given}
    return {
        "Type": "Task",
        "Resource": like["Resource"],
        "Arguments": arguments,
        "TimeoutSeconds": like["TimeoutSeconds"],
        "Retry": like["Retry"],
    }


def _service(service: str, arguments: Mapping[str, Any], times: Timing) -> State:
    return {
        "Type": "Task",
        "Resource": plain(arn("states", service, region=False, account=False)),
        "Arguments": plain(arguments),
        "TimeoutSeconds": SERVICE_TASK_SECONDS,
        "Retry": retry(SERVICE_ERRORS, times),
    }


def _redirected(value: Any, old: str, new: str) -> Any:
    """The state with every way to `old` leading to `new`."""
    if isinstance(value, Mapping):
        return {
            key: new if key in ("Next", "Default") and each == old else _redirected(each, old, new)
            for key, each in value.items()
        }
    return [_redirected(each, old, new) for each in value] if isinstance(value, list) else value


def _refusable(states: Mapping[str, State]) -> dict[str, State]:
    """The states with the variable `refusal`, which the charging ones pass on."""
    facts = states["RememberFacts"]
    found = {**states, "RememberFacts": {**facts, "Assign": {**facts["Assign"], "refusal": None}}}
    for each in _CHARGING:
        arguments = states[each]["Arguments"]
        handed = {**arguments["Payload"], "refusal": "{% $refusal %}"}
        found[each] = {**states[each], "Arguments": {**arguments, "Payload": handed}}
    return found


def _invoking(payments: Draft, alias: Any) -> Draft:
    """The draft whose workflow role may invoke the alias."""
    role = payments.stack(_STACK)["Resources"][_ROLE]
    policy = role["Properties"]["Policies"][0]
    statements = [
        {**each, "Resource": [*each["Resource"], alias]}
        if each["Sid"] == "InvokeFunctions" and alias not in each["Resource"]
        else each
        for each in policy["PolicyDocument"]["Statement"]
    ]
    changed = {**policy, "PolicyDocument": {**policy["PolicyDocument"], "Statement": statements}}
    properties = {**role["Properties"], "Policies": [changed, *role["Properties"]["Policies"][1:]]}
    return payments.with_section(_STACK, "Resources", {_ROLE: {**role, "Properties": properties}})
