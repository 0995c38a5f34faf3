"""The options of one environment's deploy: the values of payflow.toml, and the defaults for production."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from payflow_cfn.config.environment import Target


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a deploy beside its templates and parameters.

    `rollback_alarms` are ARNs; `allow_replace` names the logical ids of data-bearing resources that may be replaced or
    removed; `recreate` deletes a stack whose very first create failed; `wait_when_busy` is in seconds. `revert_drift`
    also overwrites what was changed outside CloudFormation; `express` does not wait until resources are ready.
    `production` and `allow_simulated_gateway` are for `prepare` alone, and the second counts only with the first.
    """

    role_arn: str = ""
    notification_arns: tuple[str, ...] = ()
    rollback_alarms: tuple[str, ...] = ()
    monitoring_minutes: int = 0
    termination_protection: bool | None = None
    protect_stateful: bool = False
    allow_replace: tuple[str, ...] = ()
    recreate: bool = False
    wait_when_busy: float = 0.0
    production: bool = False
    allow_simulated_gateway: bool = False
    revert_drift: bool = False
    express: bool = False


DEFAULTS = Options()


def options_for(target: Target, *, production: bool, stack_policy: bool | None = None, **chosen: Any) -> Options:
    """The options of an environment: from its table in payflow.toml, else the defaults for production or for others.

    `chosen` are the options that no table has, by the names of their fields.
    """
    protection = target.termination_protection
    return Options(
        role_arn=target.service_role_arn,
        notification_arns=target.notification_arns,
        rollback_alarms=target.rollback_alarms,
        monitoring_minutes=target.monitoring_minutes,
        termination_protection=True if protection is None and production else protection,
        protect_stateful=target.stack_policy if stack_policy is None else stack_policy,
        production=production,
        **chosen,
    )
