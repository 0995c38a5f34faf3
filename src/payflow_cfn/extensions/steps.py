"""Add a step to the workflow: a state that calls a function or a service, with its retries and its Catch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from payflow_cfn.aws.state_graph import parts_of
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions.functions import function_title
from payflow_cfn.extensions.plain import plain
from payflow_cfn.extensions.states import (
    CHARGE,
    RESULT,
    STACK,
    following,
    is_after_charge,
    states_of,
    with_state,
    with_states,
)
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

_ROLE = "WorkflowRole"
# The states that charge; a refusal has to reach each of them.
_CHARGING = (CHARGE, "ReconcilePayment")


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
    states = states_of(payments)
    follows = following(states, name, before, after)
    if bool(function) == bool(service) or (service and (answer or refuses)):
        raise ExtensionError(f"{name} calls {function or 'nothing'} and {service or 'nothing'}", remedy=_ONE)
    _check_answer(states, answer)
    if failed and failed not in states:
        raise ExtensionError(f"the workflow has no state {failed}", remedy=nearest(failed, states))
    if is_after_charge(states, before or after) and (refuses or not failed):
        raise ExtensionError(f"{name} would stand after the charge", remedy=_LATE)
    title = function_title(function)
    times = timing(payments.settings)
    made = (
        _service(service, payload or {}, times)
        if service
        else _function(states["ValidatePayment"], {"Ref": f"{title}AliasArn"}, payload)
    )
    assign = {**_kept(answer), **(_REFUSAL if refuses else {})}
    made |= {"Output": RESULT, **({"Assign": assign} if assign else {}), "Next": follows}
    made["Catch"] = keep_error(failed, error=_ERROR) if failed else states["ValidatePayment"]["Catch"]
    payments = _refusable(payments) if refuses else payments
    seconds = service_step(times) if service else function_step(times)
    payments = with_state(payments, name, made, before=before, after=after, seconds=seconds)
    return payments if service else _invoking(payments, {"Ref": f"{title}AliasArn"})


def _check_answer(states: Mapping[str, State], answer: str) -> None:
    """ExtensionError for a name that is not a variable's, or that the workflow assigns itself."""
    taken = {name for state in states.values() for part in parts_of(state) for name in part.get("Assign", {})}
    if answer and (not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,79}", answer) or answer in {*taken, "states", "refusal"}):
        raise ExtensionError(f"{answer!r} cannot hold an answer", remedy="use a name that the workflow does not assign")


_LATE = "a step there cannot refuse, and needs failed=: the state after its failure, such as PaymentFailed"
_ONE = "give function= or service=; only a function has an answer, and can refuse"
_ERROR = "{% $substring($states.errorOutput.Error, 0, 128) %}"
_ANSWER = "$states.result.Payload"
# What the variable of an answer holds.
KEPT = f"{{% {_ANSWER} %}}"
_REFUSAL = {"refusal": f"{{% $type({_ANSWER}.refuse) = 'string' ? {_ANSWER}.refuse : null %}}"}


def _kept(answer: str) -> dict[str, str]:
    return {answer: KEPT} if answer else {}


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


def _refusable(payments: Draft) -> Draft:
    """The draft whose workflow has the variable `refusal`, which the charging states pass on."""
    states = states_of(payments)
    facts = states["RememberFacts"]
    found = {**states, "RememberFacts": {**facts, "Assign": {**facts["Assign"], "refusal": None}}}
    for each in _CHARGING:
        arguments = states[each]["Arguments"]
        handed = {**arguments["Payload"], "refusal": "{% $refusal %}"}
        found[each] = {**states[each], "Arguments": {**arguments, "Payload": handed}}
    return with_states(payments, found)


def _invoking(payments: Draft, alias: Any) -> Draft:
    """The draft whose workflow role may invoke the alias."""
    role = payments.stack(STACK)["Resources"][_ROLE]
    policy = role["Properties"]["Policies"][0]
    statements = [
        {**each, "Resource": [*each["Resource"], alias]}
        if each["Sid"] == "InvokeFunctions" and alias not in each["Resource"]
        else each
        for each in policy["PolicyDocument"]["Statement"]
    ]
    changed = {**policy, "PolicyDocument": {**policy["PolicyDocument"], "Statement": statements}}
    properties = {**role["Properties"], "Policies": [changed, *role["Properties"]["Policies"][1:]]}
    return payments.with_section(STACK, "Resources", {_ROLE: {**role, "Properties": properties}})
