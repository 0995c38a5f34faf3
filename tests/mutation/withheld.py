"""One permission taken away at a time: does the function that needs it notice?"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mutation.kill import Verdict
from mutation.mutant import Mutant
from payflow_cfn.audit.emulator.deployed_functions import Functions, functions_site
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.config import names
from payflow_cfn.local.demo.local_deploy import PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_VALIDATION, _PROCESSING = names.VALIDATION_ROLE, names.PROCESSING_ROLE


def _validate(site: Functions, transaction_id: str) -> dict[str, Any]:
    return site.validate(transaction_id)


def _process(site: Functions, transaction_id: str) -> dict[str, Any]:
    return site.process(site.validate(transaction_id))


def _process_lost(site: Functions, transaction_id: str) -> dict[str, Any]:
    validated = site.validate(transaction_id)
    site.lose_row(transaction_id)
    return site.process(validated)


# The call that needs each permission. The API key comes first: a function keeps what it has read.
PROBES: Mapping[tuple[str, str], Callable[[Functions, str], dict[str, Any]]] = {
    ("identity ProcessingRole", "secretsmanager:GetSecretValue"): _process,
    ("identity ProcessingRole", "dynamodb:UpdateItem"): _process,
    ("identity ProcessingRole", "dynamodb:GetItem"): _process_lost,
    ("identity ValidationRole", "dynamodb:PutItem"): _validate,
}


def withhold() -> list[Verdict]:
    """Take each observed permission away and see whether an answer changes. Takes seconds."""
    with functions_site() as site:
        return [
            _verdict(policy, action, noticed(site, policy, action, probe)) for (policy, action), probe in PROBES.items()
        ]


def _verdict(policy: str, action: str, seen: bool) -> Verdict:
    mutant = Mutant("observed permission, taken away", policy, action, lambda: ParsedSet({}, {}))
    return Verdict(mutant, "scenario" if seen else "")


def noticed(site: Functions, policy: str, action: str, probe: Callable[[Functions, str], dict[str, Any]]) -> bool:
    """Whether the probe's answer is another one while the role is without the action."""
    role = {"identity ValidationRole": _VALIDATION, "identity ProcessingRole": _PROCESSING}[policy]
    with _without(site, role.text(PARAMETERS["Environment"]), action):
        refused = probe(site, "withheld-1")
    return _said(refused, "withheld-1") != _said(probe(site, "withheld-2"), "withheld-2")


@contextmanager
def _without(site: Functions, role: str, action: str) -> Iterator[None]:
    """The role without the action, for as long as the block lasts."""
    iam = site.clients("iam")
    documents = {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    try:
        for name, document in documents.items():
            kept = [_less(each, action) for each in document["Statement"]]
            less = {**document, "Statement": [each for each in kept if each["Action"]]}
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(less))
        yield
    finally:
        for name, document in documents.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def _less(statement: Mapping[str, Any], action: str) -> dict[str, Any]:
    return {**statement, "Action": [each for each in statement["Action"] if each != action]}


def _said(answer: Mapping[str, Any], transaction_id: str) -> str:
    """What kind of answer it is: the error's class and text, or the outcome."""
    told = answer.get("outcome") or (answer.get("errorType"), answer.get("errorMessage"))
    return str(told).replace(transaction_id, "ID")
