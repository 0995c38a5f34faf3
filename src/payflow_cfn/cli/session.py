"""The AWS session of a command: its account, region and role, checked before anything is sent."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import click

from payflow_cfn.aws.client_types import GetCallerIdentityResponseTypeDef, STSClient
from payflow_cfn.aws.permissions_boundary import PARAMETER as BOUNDARY
from payflow_cfn.aws.permissions_boundary import boundary_name
from payflow_cfn.cli.retries import tell_of_retries
from payflow_cfn.config.environment import Target
from payflow_cfn.config.project import Project
from payflow_cfn.errors import SettingsError
from payflow_cfn.text import one_line

if TYPE_CHECKING:
    from payflow_cfn.payments.books import Books

_CONNECT_SECONDS = 10


class Session(Protocol):
    """A region of AWS (empty if none is configured), and clients of its services by botocore's names."""

    @property
    def region(self) -> str: ...

    def client(self, service: str) -> Any: ...


# Opens the session of a region and a role, either of them empty.
Connect = Callable[[str, str], Session]


@dataclass(frozen=True, slots=True)
class Place:
    """One environment in the account and region that it belongs to; clients are made once each.

    `caller` is the ARN of who runs the command; empty unless payflow.toml names the account, which is then checked.
    """

    environment: str
    project: Project
    stack_name: str
    session: Session
    caller: str = ""
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The session's region."""
        return self.session.region

    @property
    def target(self) -> Target:
        """The environment's table in payflow.toml."""
        return self.project.target(self.environment)

    @property
    def production(self) -> bool:
        """Whether the environment is guarded as production."""
        return self.project.is_production(self.environment)

    def parameters(self, given: Mapping[str, str]) -> dict[str, str]:
        """Root's parameters: the file's, what is `given` on the command line, and the environment's own name.

        SettingsError when the boundary is another account's policy.
        """
        found = {**self.target.parameters, **given, "Environment": self.environment}
        if BOUNDARY in given:
            where = f"--parameter {BOUNDARY}"
            found[BOUNDARY] = boundary_name(given[BOUNDARY], account=self.target.account, where=where)
        return found

    @property
    def is_embedded(self) -> bool:
        """Whether CloudFormation is on this machine's loopback: the embedded AWS, as `payflow local up` runs it."""
        from urllib.parse import urlsplit

        meta = getattr(self.client("cloudformation"), "meta", None)
        return urlsplit(meta.endpoint_url if meta else "").hostname in ("127.0.0.1", "::1", "localhost")

    def client(self, service: str) -> Any:
        """The client of a service, by botocore's service name."""
        if service not in self._clients:
            self._clients[service] = self.session.client(service)
        return self._clients[service]


def place(environment: str, region: str | None = None) -> Place:
    """The environment's place, from payflow.toml and `--region`.

    SettingsError, before anything is sent, when the region or the credentials' account differs from the file's.
    """
    from payflow_cfn.config.names import ROOT_STACK, parse_environment
    from payflow_cfn.config.project import read_project

    project = read_project()
    target = project.target(parse_environment(environment))
    if region and target.region and region != target.region:
        raise SettingsError(
            f"{environment} belongs to {target.region}, and --region is {region}",
            remedy="leave --region out, or correct payflow.toml",
        )
    session = connect(region or target.region, target.role_arn)
    caller = _checked_caller(environment, target.account, session) if target.account else ""
    stack_name = ROOT_STACK.text(environment)
    return Place(environment, project, stack_name, session, caller)


def outputs_of(here: Place) -> Mapping[str, str]:
    """The outputs of the environment's stack; DeployError where it is not deployed."""
    from payflow_cfn.deploy import read_outputs

    return read_outputs(here.client("cloudformation"), stack_name=here.stack_name)


def output_of(here: Place, outputs: Mapping[str, str], name: str) -> str:
    """An output of the environment's stack; DeployError if it does not have it."""
    from payflow_cfn.errors import DeployError

    if name not in outputs:
        raise DeployError(f"{here.stack_name} has no output {name}", remedy="deploy the environment first")
    return outputs[name]


class Workflow(NamedTuple):
    """The state machine's ARN, the table's name and the functions' log groups of an environment."""

    machine: str
    table: str
    log_groups: tuple[str, ...]


def workflow_of(here: Place) -> Workflow:
    """The workflow: from the stack, or without a request if the account is known and no extension may rename it."""
    from payflow_cfn.config.names import PROCESSING_LOGS, STATE_MACHINE, TABLE, VALIDATION_LOGS

    named = {"ValidationLogGroupName": VALIDATION_LOGS, "ProcessingLogGroupName": PROCESSING_LOGS}
    groups = {output: each.text(here.environment) for output, each in named.items()}
    if not here.caller or here.project.settings.extensions:
        outputs = outputs_of(here)
        machine, table = (output_of(here, outputs, each) for each in ("StateMachineArn", "TransactionsTableName"))
        return Workflow(machine, table, tuple(outputs.get(each, name) for each, name in groups.items()))
    _, partition, _, _, account, _ = here.caller.split(":", 5)
    machine = f"arn:{partition}:states:{here.region}:{account}:stateMachine:{STATE_MACHINE.text(here.environment)}"
    return Workflow(machine, TABLE.text(here.environment), tuple(groups.values()))


def connect(region: str, role_arn: str = "") -> Session:
    """The session of a running command: opened by the function that `main` was given, else by `open_session`."""
    context = click.get_current_context(silent=True)
    opened: Connect = (context and context.obj) or open_session
    return opened(region, role_arn)


def open_session(region: str, role_arn: str = "") -> BotocoreSession:
    """A session in `region`; if that is empty, in the region of the shell's variables, else of the profile.

    It is botocore's: boto3 adds only resources and file transfers, and their import takes a tenth of the shortest
    command that calls AWS.
    """
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    session: Any = Session()
    if region:
        session.set_config_variable("region", region)
    # The tokens of the global host of STS are not valid in opt-in regions, and other partitions have no such host.
    session.set_config_variable("sts_regional_endpoints", "regional")
    try:
        profile = session.get_scoped_config()
    except BotoCoreError as error:
        raise SettingsError(f"no session: {error}", remedy="correct AWS_PROFILE or the file of profiles") from None
    opened = BotocoreSession(session)
    _check_region(opened, profile)
    return assumed(opened, role_arn) if role_arn else opened


class BotocoreSession(NamedTuple):
    """A session with the credentials of the shell, of a profile or of an assumed role."""

    botocore: Any

    @property
    def region(self) -> str:
        """The region; empty if none is configured."""
        return str(self.botocore.get_config_variable("region") or "")

    def client(self, service: str) -> Any:
        """A client that retries in botocore's standard mode; SettingsError if shell or profile do not allow one."""
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        if not self.region:
            remedy = "give --region, or region in payflow.toml, or set AWS_DEFAULT_REGION"
            raise SettingsError("no region is known", remedy=remedy)

        # If a firewall drops packets, ten attempts with the default timeout of a minute would wait ten minutes in
        # silence.
        config = Config(retries={"mode": "standard", "max_attempts": 10}, connect_timeout=_CONNECT_SECONDS)
        try:
            return tell_of_retries(self.botocore.create_client(service, config=config))
        except (BotoCoreError, ValueError) as error:  # the second for AWS_ENDPOINT_URL without its scheme
            remedy = "log in, or correct the region, the profile (AWS_PROFILE) or the shell's AWS_ variables"
            raise SettingsError(f"no client for {service}: {one_line(str(error))}", remedy=remedy) from None


def _check_region(session: BotocoreSession, profile: Mapping[str, Any]) -> None:
    """SettingsError for a region that AWS has not; an endpoint of one's own may call its region anything."""
    from payflow_cfn.aws.regions import REGIONS, unknown_region

    region = session.region
    own = {"endpoint_url", "services"} & set(profile) or any(each.startswith("AWS_ENDPOINT_URL") for each in os.environ)
    if not region or region in REGIONS or own:
        return
    botocore = session.botocore
    partitions = botocore.get_available_partitions()
    known = (each for name in partitions for each in botocore.get_available_regions("cloudformation", name))
    if problem := unknown_region(region, known):
        remedy = "correct --region, payflow.toml or the shell's region; for a newly opened region upgrade boto3"
        raise SettingsError(problem, remedy=remedy)


def _checked_caller(environment: str, account: str, session: Session) -> str:
    identity = _identity(session.client("sts"))
    found = identity["Account"]
    if found != account:
        raise SettingsError(
            f"{environment} belongs to account {account}, and these credentials to {found}: nothing was sent",
            remedy="take the credentials of that account, or correct payflow.toml",
            account=found,
        )
    return identity["Arn"]


def assumed(session: Session, role_arn: str) -> BotocoreSession:
    """A session with the credentials of a role, in the region of the session that assumes it."""
    from botocore.session import Session

    from payflow_cfn.deploy.cloudformation.aws_errors import explained

    sts = session.client("sts")
    with explained(f"assuming {role_arn}"):
        keys = sts.assume_role(RoleArn=role_arn, RoleSessionName="payflow")["Credentials"]
    made: Any = Session()
    made.set_credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    made.set_config_variable("region", session.region or None)
    return BotocoreSession(made)


def _identity(sts: STSClient) -> GetCallerIdentityResponseTypeDef:
    from payflow_cfn.deploy.cloudformation.aws_errors import explained

    with explained("asking whose credentials these are"):
        return sts.get_caller_identity()


def caller_of(here: Place) -> str:
    """The ARN of who runs the command, for the record of a change."""
    return here.caller or _identity(here.client("sts"))["Arn"]


def books_of(here: Place, outputs: Mapping[str, str]) -> Books:
    """The environment's table of payments; its changes are signed with the caller's ARN."""
    from payflow_cfn.payments.books import Books

    return Books(here.client("dynamodb"), output_of(here, outputs, "TransactionsTableName"), caller_of(here))
