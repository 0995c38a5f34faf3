"""The table of stack statuses: what a deploy, a recovery and a destroy may do in each, also in an unknown one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

OnDeploy = Literal["create", "update", "busy", "delete-first", "refuse"]
OnRecover = Literal["nothing", "wait", "continue-rollback", "roll-back", "remove", "refuse"]
OnDestroy = Literal["delete", "wait", "done", "refuse"]

DOES_NOT_EXIST = "DOES_NOT_EXIST"


@dataclass(frozen=True, slots=True)
class StateRule:
    """What may be done with a stack in `status`, why, and the remedy that is shown to a person."""

    status: str
    deploy: OnDeploy
    recover: OnRecover
    destroy: OnDestroy
    why: str
    remedy: str = ""


_BUSY = "wait for it to end, or `payflow deploy --wait 600`"
_RECOVER = "`payflow recover` shows what it would do and does it"
_RECREATE = (
    "a stack whose first create failed can only be deleted: `payflow recover --remove`, or `payflow deploy --recreate`"
)

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes
# A stack that was ever updated or imported into may hold data: in those rows, deploy and recover never delete it.
_TABLE: tuple[StateRule, ...] = (
    StateRule(DOES_NOT_EXIST, "create", "nothing", "done", "there is no such stack"),
    StateRule("REVIEW_IN_PROGRESS", "create", "remove", "delete", "it was previewed and never deployed"),
    StateRule("CREATE_IN_PROGRESS", "busy", "wait", "wait", "it is being created", _BUSY),
    StateRule(
        "CREATE_FAILED",
        "delete-first",
        "remove",  # RollbackStack would delete it as well: the stack has no good state to return to
        "delete",
        "its first create failed and was not rolled back",
        _RECREATE,
    ),
    StateRule("CREATE_COMPLETE", "update", "nothing", "delete", "it is in order"),
    StateRule(
        "ROLLBACK_IN_PROGRESS", "busy", "wait", "wait", "its first create failed and is being rolled back", _BUSY
    ),
    StateRule(
        "ROLLBACK_FAILED",
        "delete-first",
        "remove",
        "delete",
        "its first create failed and left resources behind",
        _RECREATE,
    ),
    StateRule(
        "ROLLBACK_COMPLETE",
        "delete-first",
        "remove",
        "delete",
        "its first create failed and was rolled back",
        _RECREATE,
    ),
    StateRule("DELETE_IN_PROGRESS", "busy", "wait", "wait", "it is being deleted", _BUSY),
    StateRule(
        "DELETE_FAILED",
        "refuse",
        "refuse",
        "delete",
        "its deletion stopped half-way",
        "`payflow diagnose` shows what stopped it; then `payflow destroy` again",
    ),
    StateRule("DELETE_COMPLETE", "create", "nothing", "done", "it was deleted"),
    StateRule("UPDATE_IN_PROGRESS", "busy", "wait", "wait", "it is being updated", _BUSY),
    StateRule(
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "busy",
        "wait",
        "wait",
        "it was updated and is removing what was replaced",
        _BUSY,
    ),
    StateRule("UPDATE_COMPLETE", "update", "nothing", "delete", "it is in order"),
    StateRule("UPDATE_FAILED", "refuse", "roll-back", "refuse", "its update failed and was not rolled back", _RECOVER),
    StateRule(
        "UPDATE_ROLLBACK_IN_PROGRESS", "busy", "wait", "wait", "its update failed and is being rolled back", _BUSY
    ),
    StateRule(
        "UPDATE_ROLLBACK_FAILED", "refuse", "continue-rollback", "refuse", "the rollback of its update failed", _RECOVER
    ),
    StateRule(
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "busy",
        "wait",
        "wait",
        "its update was rolled back and it is removing what was new",
        _BUSY,
    ),
    StateRule(
        "UPDATE_ROLLBACK_COMPLETE", "update", "nothing", "delete", "its last update was rolled back; it is as before"
    ),
    StateRule("IMPORT_IN_PROGRESS", "busy", "wait", "wait", "resources are being imported into it", _BUSY),
    StateRule("IMPORT_COMPLETE", "update", "nothing", "delete", "it is in order"),
    StateRule(
        "IMPORT_ROLLBACK_IN_PROGRESS", "busy", "wait", "wait", "an import failed and is being rolled back", _BUSY
    ),
    StateRule(
        "IMPORT_ROLLBACK_FAILED",
        "refuse",
        "refuse",
        "refuse",
        "the rollback of an import failed",
        "ask AWS Support, or repair the named resource by hand: there is no call that continues this",
    ),
    StateRule("IMPORT_ROLLBACK_COMPLETE", "update", "nothing", "delete", "an import was rolled back; it is as before"),
)

STATES: Mapping[str, StateRule] = MappingProxyType({rule.status: rule for rule in _TABLE})

# The statuses in which a successful operation ends.
GOOD_ENDS = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})


def rule_for(status: str | None) -> StateRule:
    """The rule of a status. None is a stack that does not exist; in an unknown status we only wait or refuse."""
    if status is None:
        return STATES[DOES_NOT_EXIST]
    if status in STATES:
        return STATES[status]
    if not is_over(status):
        return StateRule(status, "busy", "wait", "wait", f"it is in {status}, which this version does not know", _BUSY)
    why = f"it is in {status}, which this version does not know"
    return StateRule(
        status, "refuse", "refuse", "refuse", why, "look at it in the console, and use a newer payflow_cfn"
    )


def is_over(status: str) -> bool:
    """Whether CloudFormation has stopped working on a stack in this status."""
    return not status.endswith("_IN_PROGRESS")
