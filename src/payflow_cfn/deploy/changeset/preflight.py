"""Before a first deploy: find the names that it would create and that are already taken outside our stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.aws.names import NAMED
from payflow_cfn.aws.template import notes_of, parse_text, prefix_of
from payflow_cfn.config.gateways import KEYLESS
from payflow_cfn.config.names import ALL_NAMES, GATEWAY_SECRET, Name
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, explained, says_missing, text_of
from payflow_cfn.deploy.cloudformation.events import NamesUnchecked, OnEvent
from payflow_cfn.deploy.cloudformation.name_lookup import LOOKS, Clients, Look, arn_start
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.stack import find_stack, list_resources
from payflow_cfn.errors import DeployError

# What a look-up calls each type.
_KINDS = {
    "AWS::CloudWatch::Alarm": "alarm", "AWS::CloudWatch::CompositeAlarm": "alarm", "AWS::DynamoDB::Table": "table",
    "AWS::IAM::Role": "role", "AWS::KMS::Alias": "key alias", "AWS::Lambda::Function": "function",
    "AWS::Logs::LogGroup": "function log group", "AWS::SNS::Topic": "topic", "AWS::SQS::Queue": "queue",
    "AWS::SecretsManager::Secret": "secret", "AWS::StepFunctions::StateMachine": "state machine",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Collision:
    """A name that is taken; `owner` is the id of the other stack that has it, empty if no stack has it."""

    kind: str
    name: str
    physical_id: str
    owner: str

    @property
    def text(self) -> str:
        """What is taken, by which stack, and the remedies."""
        if self.owner:
            return f"{self.kind} {self.name} belongs to the stack {self.owner}: choose another environment name"
        if self.kind == "role":  # IAM is global, and only this region's stacks can be looked through
            return (
                f"role {self.name} exists and belongs to no stack in this region: look for its stack in the other "
                "regions, import it, or choose another environment name"
            )
        return (
            f"{self.kind} {self.name} exists and belongs to no stack: import it, choose another environment name, "
            "or delete it by hand when nobody needs what is in it"
        )


@dataclass(frozen=True, slots=True)
class Preflight:
    """The names that are taken; `unchecked` are those that could not be looked up, with the reason."""

    collisions: tuple[Collision, ...]
    unchecked: tuple[tuple[str, str], ...]

    def require_free(self, *, environment: str) -> None:
        """DeployError when a name is taken."""
        if self.collisions:
            raise DeployError(
                f"{len(self.collisions)} names of {environment} are taken: "
                + "; ".join(each.text for each in self.collisions),
                remedy="nothing was changed",
                collisions=self.collisions,
            )


def require_free_names(clients: Clients, request: Request, on_event: OnEvent) -> None:
    """DeployError when a name that a first deploy would create is taken; names that cannot be read are an event."""
    environment = request.parameters["Environment"]
    with explained("looking up the names", stack_name=request.stack_name):
        seen = find_collisions(
            clients, environment=environment, stack_name=request.stack_name, names=created_names(request)
        )
    if seen.unchecked:
        on_event(NamesUnchecked(request.stack_name, seen.unchecked))
    seen.require_free(environment=environment)


def created_names(request: Request) -> dict[str, Name]:
    """The names that the set would create: no alias for an existing key, no secret for a gateway without a key."""
    adapter = request.root.parameters.get("GatewayAdapter")
    gateway = request.parameters.get("GatewayAdapter", adapter.default if adapter else None)
    documents = [parse_text(text, where=name) for name, text in request.rendered.items()]
    prefix = next(filter(None, map(prefix_of, documents)), "")
    texts = tuple(request.rendered.values())
    left_out = {GATEWAY_SECRET} if gateway in KEYLESS else set()
    ours = {key: each.prefixed(prefix) for key, each in ALL_NAMES.items() if each not in left_out}
    found = {key: each for key, each in ours.items() if any(each.sub() in text for text in texts)}
    return {**dict(pair for each in documents for pair in _of_extensions(each)), **found}


def _of_extensions(template: Mapping[str, Any]) -> Iterator[tuple[str, Name]]:
    """The names of an extension's resources that hold nothing open but the environment."""
    for logical, resource in template.get("Resources", {}).items():
        key, limit = NAMED.get(resource.get("Type"), ("", 0))
        given = resource.get("Properties", {}).get(key)
        text = given.get("Fn::Sub") if isinstance(given, Mapping) else None
        pattern = str(text or "").replace("${Environment}", "{env}")
        if notes_of(resource).get("extension") and "{env}" in pattern and "$" not in pattern:
            yield logical, Name(f"{_KINDS.get(resource['Type'], 'resource')} {logical}", pattern, limit)


def find_collisions(
    clients: Clients, *, environment: str, stack_name: str, names: Mapping[str, Name] = ALL_NAMES
) -> Preflight:
    """Look up every name that the environment's stacks would create; nothing is changed.

    `clients` makes a boto3 client from a service's name. A resource of the stack `stack_name`, or of one nested in it,
    is not a collision. Names that cannot be looked up (no permission) are listed, not guessed.
    """
    before = arn_start(clients)
    ours = _our_ids(clients("cloudformation"), stack_name)
    found: list[Collision] = []
    unchecked: list[tuple[str, str]] = []
    for each in names.values():
        kind, look = _look_of(each)
        if look is None:
            continue
        name = each.text(environment)
        try:
            physical_id = look(clients, name, before)
            if physical_id and physical_id not in ours:
                found.append(Collision(kind, name, physical_id, _owner(clients("cloudformation"), physical_id)))
        except aws_errors() as error:
            unchecked.append((f"{kind} {name}", text_of(error)))
    return Preflight(tuple(found), tuple(unchecked))


def _look_of(each: Name) -> tuple[str, Look | None]:
    kind = next((kind for kind in LOOKS if each.purpose.startswith(f"{kind} ")), "")
    return kind, LOOKS.get(kind)


def _our_ids(cloudformation: CloudFormationClient, stack_name: str) -> frozenset[str]:
    stack = find_stack(cloudformation, stack_name)
    return (
        frozenset(each.physical_id for each in list_resources(cloudformation, stack.stack_id)) if stack else frozenset()
    )


def _owner(cloudformation: CloudFormationClient, physical_id: str) -> str:
    try:
        found = cloudformation.describe_stack_resources(PhysicalResourceId=physical_id)["StackResources"]
    except aws_errors() as error:
        if says_missing(error):
            return ""
        raise
    return str(found[0]["StackId"]) if found else ""
