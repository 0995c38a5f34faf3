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
    "a stack whose first create failed can only be deleted: `payflow recover --remove`, or `payflow deploy --recreate` "
    "with the options of that deploy"
)


def _busy(status: str, why: str) -> StateRule:
    return StateRule(status, "busy", "wait", "wait", why, _BUSY)


def _usable(status: str, why: str = "it is in order") -> StateRule:
    return StateRule(status, "update", "nothing", "delete", why)


def _never_made(status: str, why: str) -> StateRule:
    # RollbackStack would delete it as well: the stack has no good state to return to.
    return StateRule(status, "delete-first", "remove", "delete", why, _RECREATE)


# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes
# A stack that was ever updated or imported into may hold data: in those rows, deploy and recover never delete it.
_TABLE: tuple[StateRule, ...] = (
    StateRule(DOES_NOT_EXIST, "create", "nothing", "done", "there is no such stack"),
    StateRule("REVIEW_IN_PROGRESS", "create", "remove", "delete", "it was previewed and never deployed"),
    _busy("CREATE_IN_PROGRESS", "it is being created"),
    _never_made("CREATE_FAILED", "its first create failed and was not rolled back"),
    _usable("CREATE_COMPLETE"),
    _busy("ROLLBACK_IN_PROGRESS", "its first create failed and is being rolled back"),
    _never_made("ROLLBACK_FAILED", "its first create failed and left resources behind"),
    _never_made("ROLLBACK_COMPLETE", "its first create failed and was rolled back"),
    _busy("DELETE_IN_PROGRESS", "it is being deleted"),
    StateRule("DELETE_FAILED", "refuse", "refuse", "delete", "its deletion stopped half-way",
              "`payflow diagnose` shows what stopped it; then `payflow destroy` again"),
    StateRule("DELETE_COMPLETE", "create", "nothing", "done", "it was deleted"),
    _busy("UPDATE_IN_PROGRESS", "it is being updated"),
    _busy("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "it was updated and is removing what was replaced"),
    _usable("UPDATE_COMPLETE"),
    StateRule("UPDATE_FAILED", "refuse", "roll-back", "refuse", "its update failed and was not rolled back", _RECOVER),
    _busy("UPDATE_ROLLBACK_IN_PROGRESS", "its update failed and is being rolled back"),
    StateRule("UPDATE_ROLLBACK_FAILED", "refuse", "continue-rollback", "refuse",
              "the rollback of its update failed", _RECOVER),
    _busy("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "its update was rolled back and it is removing what was new"),
    _usable("UPDATE_ROLLBACK_COMPLETE", "its last update was rolled back; it is as before"),
    _busy("IMPORT_IN_PROGRESS", "resources are being imported into it"),
    _usable("IMPORT_COMPLETE"),
    _busy("IMPORT_ROLLBACK_IN_PROGRESS", "an import failed and is being rolled back"),
    StateRule("IMPORT_ROLLBACK_FAILED", "refuse", "refuse", "refuse", "the rollback of an import failed",
              "ask AWS Support, or repair the named resource by hand: there is no call that continues this"),
    _usable("IMPORT_ROLLBACK_COMPLETE", "an import was rolled back; it is as before"),
)  # fmt: skip

STATES: Mapping[str, StateRule] = MappingProxyType({rule.status: rule for rule in _TABLE})

# The statuses in which a successful operation ends.
GOOD_ENDS = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})


def rule_for(status: str | None) -> StateRule:
    """The rule of a status. None is a stack that does not exist; in an unknown status we only wait or refuse."""
    if status is None:
        return STATES[DOES_NOT_EXIST]
    if status in STATES:
        return STATES[status]
    why = f"it is in {status}, which this version does not know"
    if not is_over(status):
        return _busy(status, why)
    remedy = "look at it in the console, and use a newer payflow_cfn"
    return StateRule(status, "refuse", "refuse", "refuse", why, remedy)


def is_over(status: str) -> bool:
    """Whether CloudFormation has stopped working on a stack in this status."""
    return not status.endswith("_IN_PROGRESS")
