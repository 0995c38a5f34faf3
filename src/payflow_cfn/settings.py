"""Settings: what is decided when rendering (structure); values live in the templates' parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal

from payflow_cfn.errors import SettingsError
from payflow_cfn.tags import check_tags

TEMPLATE_VERSION = "1.0.0"
KeyPurpose = Literal["dynamodb", "sns", "cloudwatch", "lambda", "states"]
LONGEST_WAIT = 31_536_000


@dataclass(frozen=True, slots=True)
class Settings:
    """The structure of one template set; `Settings()` is the described system.

    Times are in seconds, memory in MB. `reconcile_after_seconds` are the waits before each time that the gateway is
    asked about a payment whose outcome is unknown; `charge_quiet_seconds` is for how long after a charge was sent its
    request may still arrive there, `clock_margin_seconds` how far the clocks of two functions may differ, and
    `http_key_lifetime_seconds` for how long an `http` gateway keeps an idempotency key (0: for ever). `tags` come on
    top of the four that every resource carries.

    What an organisation brings itself is named here and given its value by a parameter of the root template (see
    docs/governed.md): `existing_keys` are the purposes whose KMS key is there already, `vpc` puts both functions into
    subnets, `code_signing` gives both a code signing configuration, `reserved_concurrency` a limit each.
    `workflow_log_class` is the log class of the state machine's log group, which cannot be changed later; the
    functions' groups are STANDARD, since metrics are made from their lines.
    """

    runtime: Literal["python3.11", "python3.12", "python3.13", "python3.14"] = "python3.11"
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    function_memory: int = 256
    function_timeout: int = 300
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    retry_attempts: int = 3
    retry_interval_seconds: int = 2
    retry_backoff_rate: float = 2.0
    retry_max_delay_seconds: int = 60
    reconcile_after_seconds: tuple[int, ...] = (60, 360, 3600, 86400, 86400)
    charge_quiet_seconds: int = 300
    clock_margin_seconds: int = 62
    http_key_lifetime_seconds: int = 0
    workflow_log_level: Literal["ALL", "ERROR", "FATAL", "OFF"] = "ALL"
    log_execution_data: bool = False
    tracing: bool = False
    key_pending_window_days: int = 7
    stripe: bool = False
    existing_keys: tuple[KeyPurpose, ...] = ()
    vpc: bool = False
    code_signing: bool = False
    reserved_concurrency: bool = False
    workflow_log_class: Literal["STANDARD", "INFREQUENT_ACCESS"] = "STANDARD"
    table_deletion_protection: bool = True
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise SettingsError(
                    f"setting {name} is {value}, allowed are {low} to {high}", remedy="correct it in payflow.toml"
                )
        if (
            any(not 1 <= wait <= LONGEST_WAIT for wait in self.reconcile_after_seconds)
            or not self.reconcile_after_seconds
        ):
            raise SettingsError(
                "setting reconcile_after_seconds needs at least one wait of 1 second to 1 year",
                remedy="correct it in payflow.toml",
            )
        if len(set(self.existing_keys)) != len(self.existing_keys):
            raise SettingsError("setting existing_keys names a purpose twice", remedy="name each once in payflow.toml")
        _check_times(self)
        check_tags(self.tags)
        object.__setattr__(self, "tags", MappingProxyType(dict(self.tags)))

    def __repr__(self) -> str:
        """What differs from the described system; the generated one would be a hundredth of a render to compile."""
        plain = Settings()
        names = [name for name in setting_names() if getattr(self, name) != getattr(plain, name)]
        return f"Settings({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"


# Lambda: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; KMS: PendingWindowInDays;
# Step Functions: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
RANGES = {
    "function_memory": (128, 10240),
    "function_timeout": (10, 900),
    "retry_attempts": (0, 10),
    "retry_interval_seconds": (1, 3600),
    "retry_backoff_rate": (1.0, 10.0),
    "retry_max_delay_seconds": (1, 3600),
    "charge_quiet_seconds": (1, 86400),
    "clock_margin_seconds": (1, 300),
    "http_key_lifetime_seconds": (0, LONGEST_WAIT),
    "key_pending_window_days": (7, 30),
}


# Stripe keeps a key for at least a day: https://docs.stripe.com/api/idempotent_requests
_STRIPE_KEY_LIFETIME = 86_400


def _check_times(settings: Settings) -> None:
    """Refuse times that contradict each other; the message names both settings and the rule."""
    arrived = settings.function_timeout + settings.clock_margin_seconds + settings.charge_quiet_seconds
    asked = sum(settings.reconcile_after_seconds)
    reach = "function_timeout + clock_margin_seconds + charge_quiet_seconds"
    if asked < arrived:
        _refuse(
            "reconcile_after_seconds", f"adds up to {asked}", reach, arrived, "a charge may arrive after the last ask"
        )
    lifetimes = {
        "http_key_lifetime_seconds": settings.http_key_lifetime_seconds or LONGEST_WAIT,
        "stripe": _STRIPE_KEY_LIFETIME if settings.stripe else LONGEST_WAIT,
    }
    for name, lifetime in lifetimes.items():
        if lifetime < arrived:
            says = f"means keys of {lifetime} s" if name == "stripe" else f"is {lifetime}"
            _refuse(name, says, reach, arrived, "a charge may arrive after its key is forgotten")
    if settings.retry_interval_seconds > settings.retry_max_delay_seconds:
        interval, most = settings.retry_interval_seconds, settings.retry_max_delay_seconds
        raise SettingsError(
            f"setting retry_interval_seconds is {interval}, more than retry_max_delay_seconds, which is {most}",
            remedy="correct one of them in payflow.toml",
        )


def _refuse(name: str, says: str, reach: str, seconds: int, why: str) -> None:
    raise SettingsError(
        f"setting {name} {says}, less than {reach}, which is {seconds}: {why}",
        remedy="correct one of them in payflow.toml",
    )


def parse_settings(mapping: Mapping[str, Any]) -> Settings:
    """Turn a mapping (the [settings] table of payflow.toml) into Settings.

    An unknown key, a wrong type or a value out of range is a SettingsError that names the key.
    """
    if not mapping:
        return Settings()
    from payflow_cfn.parsing import parse_as

    return parse_as(Settings, mapping, where="settings")


def setting_names() -> tuple[str, ...]:
    """The names of all settings, in the order of the class."""
    return tuple(each.name for each in fields(Settings))


DESCRIPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "runtime": "Runtime of both functions.",
        "architecture": "Processor that both functions run on.",
        "function_memory": "Memory of each function, in MB.",
        "function_timeout": "Seconds that one call of a function may take.",
        "log_level": "Least level that the functions log.",
        "retry_attempts": "How often the workflow repeats a step after a technical failure.",
        "retry_interval_seconds": "Seconds before the first repetition.",
        "retry_backoff_rate": "Factor by which each wait is longer than the one before.",
        "retry_max_delay_seconds": "Longest wait before a repetition, in seconds.",
        "reconcile_after_seconds": "Waits before each time that the gateway is asked about an unknown outcome.",
        "charge_quiet_seconds": "Seconds after a charge in which a gateway that has not seen it may still get it.",
        "clock_margin_seconds": "Seconds by which the clocks of two functions may differ.",
        "http_key_lifetime_seconds": "Seconds for which an http gateway keeps an idempotency key; 0 is for ever.",
        "workflow_log_level": "Which events of an execution are logged.",
        "log_execution_data": "Whether the workflow's log holds the data of payments; it is customer data.",
        "tracing": "Whether X-Ray traces are sent.",
        "key_pending_window_days": "Days between the deletion of a key and its end.",
        "stripe": "Whether the Stripe gateway and its SDK are in the processing function.",
        "existing_keys": "Purposes whose KMS key is there already; a parameter names each.",
        "vpc": "Whether both functions run in subnets, which parameters name.",
        "code_signing": "Whether both functions take a code signing configuration, which a parameter names.",
        "reserved_concurrency": "Whether a parameter reserves concurrency for each function.",
        "workflow_log_class": "Log class of the state machine's log group; it cannot be changed later.",
        "table_deletion_protection": "Whether the table refuses to be deleted.",
        "tags": "Tags on top of those that every resource carries.",
    }
)
