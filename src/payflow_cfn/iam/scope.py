"""The scope of the policies: one environment, and the ARNs of everything that its stacks own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from payflow_cfn.aws.s3_urls import checked_prefix, partition_of, url_suffix
from payflow_cfn.config import names
from payflow_cfn.config.names import ALL_NAMES, Name, parse_environment
from payflow_cfn.errors import SettingsError

_REGION = "[a-z]{2,5}(-[a-z]+)+-[0-9]+"
_BUCKET = "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
_PATH = "/|/[!-~]+/"
_KEY = "arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]{1,128}"
_BUCKET_KEY = "arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[A-Za-z0-9/_-]{1,256}"

ALARMS = tuple(each for each in ALL_NAMES.values() if each.purpose.startswith("alarm "))
ALIASES = tuple(each for each in ALL_NAMES.values() if each.purpose.startswith("key alias "))
FUNCTIONS = (names.VALIDATION_FUNCTION, names.PROCESSING_FUNCTION)
FUNCTION_ROLES = (names.VALIDATION_ROLE, names.PROCESSING_ROLE)
FUNCTION_LOGS = (names.VALIDATION_LOGS, names.PROCESSING_LOGS)

# The ARNs of each type that has a name, without partition
# (https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html).
FORMS: Mapping[str, tuple[str, ...]] = {
    "AWS::CloudWatch::Alarm": ("cloudwatch:{here}:alarm:{name}",),
    "AWS::CloudWatch::CompositeAlarm": ("cloudwatch:{here}:alarm:{name}",),
    "AWS::CloudWatch::Dashboard": ("cloudwatch::{account}:dashboard/{name}",),
    "AWS::DynamoDB::Table": ("dynamodb:{here}:table/{name}",),
    "AWS::Events::EventBus": ("events:{here}:event-bus/{name}",),
    # A rule of another bus than the default one has the bus's name before its own.
    "AWS::Events::Rule": ("events:{here}:rule/{name}", "events:{here}:rule/*/{name}"),
    "AWS::IAM::Role": ("iam::{account}:role{path}{name}",),
    "AWS::KMS::Alias": ("kms:{here}:{name}",),
    "AWS::Lambda::Function": ("lambda:{here}:function:{name}", "lambda:{here}:function:{name}:*"),
    "AWS::Logs::LogGroup": ("logs:{here}:log-group:{name}", "logs:{here}:log-group:{name}:*"),
    "AWS::S3::Bucket": ("s3:::{name}",),
    # A subscription's ARN is its topic's and an id.
    "AWS::SNS::Topic": ("sns:{here}:{name}", "sns:{here}:{name}:*"),
    "AWS::SQS::Queue": ("sqs:{here}:{name}",),
    "AWS::SSM::Parameter": ("ssm:{here}:parameter/{name}",),
    "AWS::Scheduler::Schedule": ("scheduler:{here}:schedule/*/{name}",),
    # Secrets Manager puts a hyphen and six characters behind a secret's name; before it is made it has none.
    "AWS::SecretsManager::Secret": (
        "secretsmanager:{here}:secret:{name}",
        "secretsmanager:{here}:secret:{name}-??????",
    ),
    "AWS::StepFunctions::StateMachine": ("states:{here}:stateMachine:{name}",),
}


def unique(*found: Iterable[str]) -> tuple[str, ...]:
    """All of these texts once, in the order of their first place."""
    return tuple(dict.fromkeys(text for each in found for text in each))


class Owned(NamedTuple):
    """A resource of the set: its type and physical name, and a role's path and the services that may assume it.

    The name is a pattern where CloudFormation makes it.
    """

    kind: str
    name: str
    path: str = "/"
    trusted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """One environment in one account and region; `children` are the logical ids of root's nested stacks.

    `bucket` and `prefix` say where packaged sets lie, and `bucket_key` is the ARN of the key (or of its alias) that
    encrypts them; empty for the key that `bootstrap` made, or S3's own. `owner` is the Owner tag of every resource.
    `role_path` and `boundary` are the values of the parameters RolePath and PermissionsBoundary. `key_arns` are the
    existing keys by purpose, which have none of our tags and aliases. `parameters` are root's, which names may hold,
    `owned` is what the set makes under a name, `naming` the prefix of its names. SettingsError when a value could not
    be part of an ARN.
    """

    environment: str
    account: str
    region: str
    children: tuple[str, ...]
    bucket: str = ""
    prefix: str = "payflow"
    bucket_key: str = ""
    owner: str = "PaymentTeam"
    role_path: str = "/"
    boundary: str = ""
    key_arns: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    owned: tuple[Owned, ...] = ()
    naming: str = ""

    def __post_init__(self) -> None:
        parse_environment(self.environment)
        checked_prefix(self.prefix)
        for what, value, pattern in (
            ("account", self.account, "[0-9]{12}"),
            ("region", self.region, _REGION),
            ("bucket", self.bucket, f"({_BUCKET})?"),
            ("bucket's key", self.bucket_key, f"({_BUCKET_KEY})?"),
            ("role path", self.role_path, _PATH),
            ("permissions boundary", self.boundary, r"[\w+=,.@/-]*"),
            *((f"{purpose} key", arn, _KEY) for purpose, arn in self.key_arns.items()),
        ):
            if not re.fullmatch(pattern, value, re.ASCII):
                raise SettingsError(f"the {what} {value[:80]!r} cannot stand in a policy", remedy="correct it")

    @property
    def partition(self) -> str:
        """The partition that the region belongs to."""
        return partition_of(self.region)

    def text(self, name: Name) -> str:
        """The physical name in this environment, with the set's prefix."""
        return name.prefixed(self.naming).text(self.environment)

    def via(self, *services: str) -> str | list[str]:
        """The values of kms:ViaService for these services; outside aws either suffix, see stacks.template_base.via."""
        suffixes = sorted({"amazonaws.com", url_suffix(self.region)})
        found = [f"{service}.{self.region}.{suffix}" for service in services for suffix in suffixes]
        return found if len(found) > 1 else found[0]

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def arns(self, service: str, form: str, owned: Iterable[Name]) -> tuple[str, ...]:
        """The ARNs of these names; `{}` in `form` is the physical name."""
        return tuple(self.arn(service, form.format(self.text(each))) for each in owned)

    def made(self, *kinds: str) -> tuple[str, ...]:
        """The ARNs of the set's resources of these types, an extension's among them."""
        found = (
            form.format(name=each.name, path=each.path, here=f"{self.region}:{self.account}", account=self.account)
            for each in self.owned
            if each.kind in kinds
            for form in FORMS[each.kind]
        )
        return unique(f"arn:{self.partition}:{each}" for each in found)

    def trusting(self, service: str) -> tuple[str, ...]:
        """The ARNs of the set's roles that this service may assume."""
        roles = (each for each in self.owned if each.kind == "AWS::IAM::Role" and service in each.trusted)
        return tuple(self.role(f"{each.path}{each.name}") for each in roles)

    def roles(self, owned: Iterable[Name]) -> tuple[str, ...]:
        """The ARNs of these roles, which have no region but a path."""
        return tuple(self.role(f"{self.role_path}{self.text(each)}") for each in owned)

    def role(self, path_and_name: str) -> str:
        """The ARN of a role by its path and name."""
        return f"arn:{self.partition}:iam::{self.account}:role{path_and_name}"

    def aliases(self) -> list[str]:
        """The aliases of our keys, as in kms:ResourceAliases."""
        ours = [self.text(each) for each in ALIASES]
        return list(unique(ours, (each.name for each in self.owned if each.kind == "AWS::KMS::Alias")))

    def log_groups(self, owned: Iterable[Name]) -> tuple[str, ...]:
        """Each group twice: IAM checks tagging on the group's own ARN, all else on the ARN that ends with `:*`.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
        """
        groups = self.arns("logs", "log-group:{}", owned)
        return tuple(text for each in groups for text in (each, f"{each}:*"))

    def dashboard(self) -> str:
        """The ARN of the dashboard, which has no region."""
        return f"arn:{self.partition}:cloudwatch::{self.account}:dashboard/{names.DASHBOARD.text(self.environment)}"

    def functions(self) -> tuple[str, ...]:
        """The functions, and their versions and aliases."""
        ours = (text for each in self.arns("lambda", "function:{}", FUNCTIONS) for text in (each, f"{each}:*"))
        return unique(ours, self.made("AWS::Lambda::Function"))

    def root_stack(self) -> str:
        """The root stack, with any unique id."""
        return self.arn("cloudformation", f"stack/{names.ROOT_STACK.text(self.environment)}/*")

    def nested_stacks(self) -> tuple[str, ...]:
        """The nested stacks by logical id: `payflow-dev-*` would also match the environment dev-2."""
        root = names.ROOT_STACK.text(self.environment)
        return tuple(self.arn("cloudformation", f"stack/{root}-{child}-*/*") for child in self.children)

    def change_sets(self) -> str:
        """Change sets by our names: their ARNs name no stack, so those of other environments are among them."""
        return self.arn("cloudformation", "changeSet/payflow-*/*")

    def objects(self) -> str:
        """The packaged templates and artifacts."""
        return f"arn:{self.partition}:s3:::{self.bucket}/{checked_prefix(self.prefix)}*"
