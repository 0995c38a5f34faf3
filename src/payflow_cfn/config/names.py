"""Every physical name, by the pattern {resource-type}-{purpose}-{environment}, with AWS's length limit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from payflow_cfn.config.alarms import ALARMS, HEALTH, MOST_WINDOWS
from payflow_cfn.errors import SettingsError

# One pattern, for Python and for the template's AllowedPattern. CloudFormation matches the whole value (with Java's
# regular expressions). Python needs fullmatch for that: `$` would let a trailing newline pass.
ENVIRONMENT_PATTERN = "[a-z][a-z0-9]*(-[a-z0-9]+)*"

# A part of an environment's name (between hyphens) that marks production.
PRODUCTION_NAMES = frozenset({"prod", "production", "prd", "live"})


class Name(NamedTuple):
    """A physical name without its environment: `pattern` holds `{env}` once, `limit` is in characters."""

    purpose: str
    pattern: str
    limit: int

    def sub(self) -> str:
        """The text for Fn::Sub, with the Environment parameter in place."""
        return self.pattern.replace("{env}", "${Environment}")

    def prefixed(self, prefix: str) -> Name:
        """The name with the prefix before the last part of its path."""
        path, slash, last = self.pattern.rpartition("/")
        return self._replace(pattern=f"{path}{slash}{prefix}{last}")

    def text(self, environment: str) -> str:
        """The physical name in one environment; SettingsError when it is longer than AWS allows."""
        name = self.pattern.replace("{env}", environment)
        if len(name) > self.limit:
            raise SettingsError(
                f"the {self.purpose} name {name!r} has {len(name)} characters, the limit is {self.limit}",
                remedy=f"use an environment at least {len(name) - self.limit} characters shorter",
                resource=self.purpose,
                limit=self.limit,
                length=len(name),
            )
        return name


# Limits: the Name or Id constraints in each resource's CloudFormation reference page.
_KINDS = {
    "table": ("dynamodb-{}-{{env}}", 255),
    "topic": ("sns-{}-{{env}}", 256),
    "queue": ("sqs-{}-{{env}}", 80),
    "function": ("lambda-{}-{{env}}", 64),
    "state machine": ("sfn-{}-{{env}}", 80),
    "role": ("role-{}-{{env}}", 64),
    "policy": ("policy-{}-{{env}}", 128),
    "alarm": ("alarm-{}-{{env}}", 255),
    "mute rule": ("mute-{}-{{env}}", 255),
    "dashboard": ("dashboard-{}-{{env}}", 255),
    "metric filter": ("metric-filter-{}-{{env}}", 512),
    "query": ("query-{}-{{env}}", 255),
    "secret": ("secret-{}-{{env}}", 512),
    "key alias": ("alias/{}-{{env}}", 256),
    "function log group": ("/aws/lambda/lambda-{}-{{env}}", 512),
    "workflow log group": ("/aws/vendedlogs/states/sfn-{}-{{env}}", 512),
    # Not payflow-..., which would be the root stack of an environment of that name.
    "bootstrap stack": ("bootstrap-{}-{{env}}", 128),
    "stack": ("{}-{{env}}", 128),
}


def name(kind: str, purpose: str) -> Name:
    """The name of one resource: its kind decides the pattern and the limit."""
    pattern, limit = _KINDS[kind]
    return Name(f"{kind} {purpose}", pattern.format(purpose), limit)


TABLE = name("table", "transactions")
TOPIC = name("topic", "payment-notifications")
DEAD_LETTER_QUEUE = name("queue", "payment-notifications-dlq")
VALIDATION_FUNCTION = name("function", "payment-validation")
PROCESSING_FUNCTION = name("function", "payment-processing")
STATE_MACHINE = name("state machine", "payment-workflow")
VALIDATION_ROLE = name("role", "lambda-validation")
PROCESSING_ROLE = name("role", "lambda-processing")
WORKFLOW_ROLE = name("role", "sfn-payment-workflow")
VALIDATION_POLICY = name("policy", "lambda-validation")
PROCESSING_POLICY = name("policy", "lambda-processing")
GATEWAY_POLICY = name("policy", "lambda-processing-gateway")
WORKFLOW_POLICY = name("policy", "sfn-payment-workflow")
PAYMENT_HEALTH_ALARM = name("alarm", HEALTH)
DASHBOARD = name("dashboard", "payments")
PAYMENT_DURATION_FILTER = name("metric filter", "payment-duration")
FAILED_PAYMENTS_QUERY = name("query", "failed-payments")
GATEWAY_SECRET = name("secret", "payment-gateway")
DYNAMODB_ALIAS = name("key alias", "dynamodb-transactions")
SNS_ALIAS = name("key alias", "sns-payment-notifications")
CLOUDWATCH_ALIAS = name("key alias", "cloudwatch-logs")
LAMBDA_ALIAS = name("key alias", "lambda-payments")
STATES_ALIAS = name("key alias", "sfn-payment-workflow")
VALIDATION_LOGS = name("function log group", "payment-validation")
PROCESSING_LOGS = name("function log group", "payment-processing")
WORKFLOW_LOGS = name("workflow log group", "payment-workflow")
ROOT_STACK = name("stack", "payflow")

# The table's index of the payments that are open, and the functions' alias that is invoked: parts of a resource.
OPEN_PAYMENTS = "open-payments"
# The keys of that index, which are all that `status` reads of an open payment.
COUNTED_ATTRIBUTES = ("open_shard", "open_since")
# The attributes in a list of open payments; the row has the rest.
SHOWN_ATTRIBUTES = ("status", "amount", "currency", "gateway", "idempotency_key", "execution", "told_status")
LIVE = "live"

# The alarms that notify the topic, the composite alarm over those that page among them.
_METRIC_ALARMS = tuple(name("alarm", each.purpose) for each in ALARMS)
TELLING_ALARMS: tuple[Name, ...] = (*_METRIC_ALARMS, PAYMENT_HEALTH_ALARM)
# One for each entry that the setting mute_windows may have. They are not in ALL_NAMES, since most sets have none.
MUTE_RULES: tuple[Name, ...] = tuple(name("mute rule", f"window-{number}") for number in range(1, MOST_WINDOWS + 1))

ALL_NAMES: Mapping[str, Name] = MappingProxyType(
    {each.purpose: each for each in _METRIC_ALARMS}
    | {key: value for key, value in globals().items() if isinstance(value, Name)}
)

_PREFIX = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*-")
_SHORTEST = 4  # characters that a prefix has to leave for an environment, such as "prod"
# What may stand before and behind a whole name: a secret has a hyphen and six characters behind its name.
_BEFORE, _BEHIND = r"(?<![A-Za-z0-9_.-])", r"(?![A-Za-z0-9_.${}]|-(?!\?))"

# The names of `bootstrap`: they are not part of the set, so no deploy creates them and no policy of it names them.
ARTIFACTS_ALIAS = name("key alias", "s3-artifacts")
BOOTSTRAP_STACK = name("bootstrap stack", "payflow")

# The name that leaves the fewest characters for the environment decides how long an environment may be.
ENVIRONMENT_LIMIT = min(each.limit - len(each.pattern.replace("{env}", "")) for each in ALL_NAMES.values())


def prefixed(value: Any, prefix: str, extra: Iterable[str] = ()) -> Any:
    """The value with the prefix before every whole name in its texts: ours with ${Environment}, and these `extra` ones.

    It stands before the last part of a path: /aws/lambda/acme-lambda-payment-validation-${Environment}.
    """
    if not prefix:
        return value
    every = {each.sub() for key, each in ALL_NAMES.items() if key != "ROOT_STACK"} | set(extra)
    found = dict(_with_prefix(each, prefix) for each in every)
    longest_first = "|".join(map(re.escape, sorted(found, key=len, reverse=True)))
    pattern = re.compile(f"{_BEFORE}({longest_first}){_BEHIND}")
    return _replaced(value, lambda text: pattern.sub(lambda match: found[match[1]], text))


def _with_prefix(name: str, prefix: str) -> tuple[str, str]:
    """What to look for, and what it becomes: the last part of a path, or all of it if the environment is before."""
    path, slash, last = name.rpartition("/")
    if "${Environment}" in last:
        return last, f"{prefix}{last}"
    return name, f"{path}{slash}{prefix}{last}"


def _replaced(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _replaced(each, change) for key, each in value.items()}
    return [_replaced(each, change) for each in value] if isinstance(value, list) else value


def prefix_limit(prefix: str, extra: Mapping[str, int] | None = None) -> int:
    """How long an environment may be with the prefix; SettingsError if the prefix cannot be part of every name.

    `extra` are further names with ${Environment} and their limits.
    """
    if not _PREFIX.fullmatch(prefix) or prefix.startswith("aws"):
        raise SettingsError(
            f"the prefix {prefix[:80]!r} cannot begin every name",
            remedy="use small letters and digits with single hyphens, a hyphen last, and not aws first",
        )
    every = [(each.sub(), each.limit) for key, each in ALL_NAMES.items() if key != "ROOT_STACK"]
    lengths = [limit - len(text.replace("${Environment}", "")) for text, limit in [*every, *(extra or {}).items()]]
    left = min(lengths) - len(prefix)
    if left < _SHORTEST:
        raise SettingsError(
            f"the prefix {prefix[:80]!r} leaves {max(left, 0)} characters for an environment's name",
            remedy=f"use a prefix of at most {min(lengths) - _SHORTEST} characters",
        )
    return min(left, ENVIRONMENT_LIMIT)


def is_production_name(environment: str) -> bool:
    """Whether a part of the environment's name marks it as production."""
    return not PRODUCTION_NAMES.isdisjoint(environment.split("-"))


def parse_environment(text: str) -> str:
    """The environment's name; SettingsError if it breaks the pattern, or makes a physical name too long."""
    if not re.fullmatch(ENVIRONMENT_PATTERN, text):
        raise SettingsError(
            f"environment {text[:80]!r} is not a name",
            remedy="use a lower-case letter first, then letters, digits and single hyphens, no hyphen last (a-z, 0-9)",
            environment=text[:80],
        )
    for each in sorted(ALL_NAMES.values(), key=lambda entry: entry.limit - len(entry.pattern)):
        each.text(text)
    return text
