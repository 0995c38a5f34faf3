"""Compare the emulator's record with the table of needs: each use is in it, each observed line was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from payflow_cfn.audit.permissions.grants import Grant
from payflow_cfn.audit.permissions.needs import NEEDS
from payflow_cfn.audit.permissions.needs_vs_grants import Deviation
from payflow_cfn.config import names
from payflow_cfn.config.names import Name

_ROLES: Mapping[str, Name] = MappingProxyType(
    {
        "identity ValidationRole": names.VALIDATION_ROLE,
        "identity ProcessingRole": names.PROCESSING_ROLE,
        "identity WorkflowRole": names.WORKFLOW_ROLE,
    }
)
_RESOURCES: Mapping[str, Name] = MappingProxyType(
    {"the table": names.TABLE, "the topic": names.TOPIC, "the secret": names.GATEWAY_SECRET}
)


def against_record(uses: Iterable[tuple[str, str, str]], *, environment: str) -> tuple[Deviation, ...]:
    """The difference: uses (role's name, action, resource) missing in the table, and its observed lines never used."""
    seen = {_grant(*use, environment=environment) for use in uses}
    known = {
        Grant(need.policy, action, need.resource): need.seen == "observed"
        for need in NEEDS
        if need.policy in _ROLES
        for action in need.actions.split()
    }
    unused = {grant for grant, observed in known.items() if observed} - seen
    found = {"missing": seen - set(known), "unused": unused}
    return tuple(Deviation(kind, each) for kind, grants in found.items() for each in sorted(grants))


def _grant(role: str, action: str, resource: str, *, environment: str) -> Grant:
    policy = next((each for each, name in _ROLES.items() if name.text(environment) == role), f"identity {role}")
    called = resource.rpartition(":")[2].rpartition("/")[2]
    short = (each for each, name in _RESOURCES.items() if called.startswith(name.text(environment)))
    return Grant(policy, action, next(short, resource))
