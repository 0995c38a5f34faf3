"""Split statements into numbered documents, each within IAM's size limit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from payflow_cfn.errors import SettingsError
from payflow_cfn.iam.grants import Grant

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: characters of a managed policy, white
# space not counted, and managed policies that a user or a role can have.
LIMIT = 6144
MOST = 10


@dataclass(frozen=True, slots=True)
class Document:
    """A managed policy: its name and its JSON, and how many characters IAM counts."""

    name: str
    body: dict[str, Any]

    @property
    def characters(self) -> int:
        """The size as IAM counts it."""
        return counted(self.body)


def counted(body: Any) -> int:
    """The characters of the document without white space."""
    return len(re.sub(r"\s", "", json.dumps(body, separators=(",", ":"), ensure_ascii=False)))


def documents(name: str, grants: Iterable[Grant]) -> tuple[Document, ...]:
    """The grants as documents `{name}-1`, `{name}-2`..., each in the first one that has room for it.

    The same grants give the same documents.
    SettingsError when a statement alone is too large, or a role could not have so many policies.
    """
    bodies: list[list[dict[str, Any]]] = []
    for each in grants:
        statement = each.statement()
        if counted(_body([statement])) > LIMIT:
            raise SettingsError(f"the statement {each.sid} is longer than {LIMIT} characters", remedy="shorten names")
        room = next((body for body in bodies if counted(_body([*body, statement])) <= LIMIT), None)
        if room is None:
            bodies.append(room := [])
        room.append(statement)
    if len(bodies) > MOST:
        raise SettingsError(f"{name} needs {len(bodies)} policies, a role has at most {MOST}", remedy="shorten names")
    return tuple(Document(f"{name}-{number}", _body(each)) for number, each in enumerate(bodies, 1))


def _body(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}
