"""Settings: the structure of a template set, decided at rendering; values are parameters of the templates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal

from payflow_cfn.aws.tags import TAGS_SCHEMA, check_tags
from payflow_cfn.config.alarms import MOST_WINDOWS, ROUTABLE, SWITCHABLE
from payflow_cfn.config.gateways import GATEWAYS
from payflow_cfn.errors import SettingsError, refuse

KeyPurpose = Literal["dynamodb", "sns", "cloudwatch", "lambda", "states"]
LONGEST_WAIT = 31_536_000
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Schedule.html
MUTE_WINDOW = r"(cron\([0-9A-Z*,/ -]+\)|at\([0-9T:-]+\)) P[0-9DTHM]+( [A-Za-z][A-Za-z0-9_+/-]*)?"
TOPIC_PARAMETER = "[A-Z][A-Za-z0-9]{0,120}TopicArn"
EXTENSION_NAME = r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*"


def _setting(description: str, default: Any, **rules: Any) -> Any:
    """One setting; `rules` are rules beyond its type, as in JSON Schema: `minimum` and `maximum`."""
    return field(default=default, metadata={"description": description, "json_schema_extra": rules})


@dataclass(frozen=True, slots=True)
class Settings:
    """The structure of one template set; `Settings()` has all defaults.

    A setting names which resources the customer already has; a parameter of the root template has their ids or ARNs
    (see docs/governed.md). The functions' log groups are STANDARD, because a metric filter reads their lines.
    """

    # Lambda: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; KMS: PendingWindowInDays;
    # Step Functions: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    runtime: Literal["python3.11", "python3.12", "python3.13", "python3.14"] = _setting(
        "Runtime of both functions.", "python3.11"
    )
    architecture: Literal["x86_64", "arm64"] = _setting("Processor that both functions run on.", "x86_64")
    function_memory: int = _setting("Memory of each function, in MB.", 256, minimum=128, maximum=10240)
    function_timeout: int = _setting("Seconds that one call of a function may take.", 300, minimum=10, maximum=900)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting("Least level that the functions log.", "INFO")
    retry_attempts: int = _setting(
        "How often the workflow repeats a step after a technical failure.", 3, minimum=0, maximum=10
    )
    retry_interval_seconds: int = _setting("Seconds before the first repetition.", 2, minimum=1, maximum=3600)
    retry_backoff_rate: float = _setting(
        "Factor by which each wait is longer than the one before.", 2.0, minimum=1.0, maximum=10.0
    )
    retry_max_delay_seconds: int = _setting(
        "Longest wait before a repetition, in seconds.", 60, minimum=1, maximum=3600
    )
    reconcile_after_seconds: tuple[int, ...] = _setting(
        "Waits before each time that the gateway is asked about an unknown outcome.",
        (60, 360, 3600, 86400, 86400),
        minItems=1,
        items={"type": "integer", "minimum": 1, "maximum": LONGEST_WAIT},
    )
    charge_quiet_seconds: int = _setting(
        "Seconds after a charge in which a gateway that has not seen it may still get it.",
        300,
        minimum=1,
        maximum=86400,
    )
    # The clocks of two sandboxes may each be 30 seconds off, and a function stops a little after its timeout.
    clock_margin_seconds: int = _setting(
        "Seconds by which the clocks of two functions may differ.", 62, minimum=1, maximum=300
    )
    http_key_lifetime_seconds: int = _setting(
        "Seconds for which an http gateway keeps an idempotency key; 0 is for ever.", 0, minimum=0, maximum=LONGEST_WAIT
    )
    workflow_log_level: Literal["ALL", "ERROR", "FATAL", "OFF"] = _setting(
        "Which events of an execution are logged.", "ALL"
    )
    log_execution_data: bool = _setting(
        "Whether the workflow's log holds the data of payments; it is customer data.", default=False
    )
    tracing: bool = _setting("Whether X-Ray traces are sent.", default=False)
    key_pending_window_days: int = _setting("Days between the deletion of a key and its end.", 7, minimum=7, maximum=30)
    stripe: bool = _setting("Whether the Stripe gateway and its SDK are in the processing function.", default=False)
    existing_keys: tuple[KeyPurpose, ...] = _setting(
        "Purposes whose KMS key already exists; a parameter names each key.", (), uniqueItems=True
    )
    vpc: bool = _setting("Whether both functions run in subnets, which parameters name.", default=False)
    code_signing: bool = _setting(
        "Whether both functions take a code signing configuration, which a parameter names.", default=False
    )
    reserved_concurrency: bool = _setting("Whether a parameter reserves concurrency for each function.", default=False)
    workflow_log_class: Literal["STANDARD", "INFREQUENT_ACCESS"] = _setting(
        "Log class of the state machine's log group; it cannot be changed later.", "STANDARD"
    )
    table_deletion_protection: bool = _setting("Whether the table refuses to be deleted.", default=True)
    alarms_off: tuple[str, ...] = _setting(
        "Alarms that send no notice; they keep their state.",
        (),
        uniqueItems=True,
        items={"type": "string", "enum": list(SWITCHABLE)},
    )
    alarm_topics: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({}),
        metadata={
            "description": "Alarms that notify another topic: each with the parameter that has the topic's ARN.",
            "json_schema_extra": {
                "patternProperties": {
                    f"^({'|'.join(ROUTABLE)})$": {"type": "string", "pattern": f"^{TOPIC_PARAMETER}$"}
                },
                "additionalProperties": False,
            },
        },
    )
    mute_windows: tuple[str, ...] = _setting(
        "Maintenance windows: schedule, duration and time zone, such as `cron(0 2 * * SUN) PT2H Europe/Berlin`.",
        (),
        maxItems=MOST_WINDOWS,
        items={"type": "string", "pattern": f"^{MUTE_WINDOW}$"},
    )
    runbook_base_url: str = _setting(
        "What stands before the names of the runbooks in alarms and notices.", "docs/runbooks/", maxLength=200
    )
    extensions: tuple[str, ...] = _setting(
        'Functions "module:function" that change the set, in this order.',
        (),
        uniqueItems=True,
        items={"type": "string", "pattern": f"^{EXTENSION_NAME}$"},
    )
    tags: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({}),
        metadata={"description": "Tags in addition to those of every resource.", "json_schema_extra": TAGS_SCHEMA},
    )

    def __post_init__(self) -> None:
        refuse(
            [
                SettingsError(
                    f"setting {name} is {value}, allowed are {low} to {high}",
                    remedy="correct it in payflow.toml",
                    key=name,
                )
                for name, (low, high) in RANGES.items()
                if not low <= (value := getattr(self, name)) <= high
            ]
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
        _check_extensions(self.extensions)
        _check_times(self)
        _check_alarms(self)
        check_tags(self.tags)
        for name in ("tags", "alarm_topics"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def sdks(self) -> tuple[str, ...]:
        """The gateways' libraries that the processing function holds."""
        return tuple(each.sdk for each in GATEWAYS.values() if each.sdk and getattr(self, each.sdk))

    def __repr__(self) -> str:
        """The settings that are not defaults. A generated __repr__ would cost a hundredth of a render to compile."""
        plain = Settings()
        names = [name for name in setting_names() if getattr(self, name) != getattr(plain, name)]
        return f"Settings({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"


RANGES = {
    each.name: (rules["minimum"], rules["maximum"])
    for each in fields(Settings)
    if "minimum" in (rules := each.metadata["json_schema_extra"])
}


def _check_extensions(names: tuple[str, ...]) -> None:
    if len(set(names)) != len(names):
        raise SettingsError("setting extensions names one twice", remedy="name each once in payflow.toml")
    for each in names:
        if not re.fullmatch(EXTENSION_NAME, each):
            raise SettingsError(f"setting extensions has {each[:80]!r}", remedy='write it as "module:function"')


def _check_times(settings: Settings) -> None:
    """SettingsError for times that contradict each other; the message names both settings and the rule."""
    arrived = settings.function_timeout + settings.clock_margin_seconds + settings.charge_quiet_seconds
    asked, lifetime = sum(settings.reconcile_after_seconds), settings.http_key_lifetime_seconds
    if asked < arrived:
        _refuse(f"setting reconcile_after_seconds adds up to {asked}", arrived, "the last ask")
    if 0 < lifetime < arrived:
        _refuse(f"setting http_key_lifetime_seconds is {lifetime}", arrived, "its key is forgotten")
    for each in GATEWAYS.values():
        if 0 < each.key_lifetime < arrived and (not each.sdk or each.sdk in settings.sdks):
            _refuse(f"gateway {each.name} keeps keys for {each.key_lifetime:.0f} s", arrived, "its key is forgotten")
    if settings.retry_interval_seconds > settings.retry_max_delay_seconds:
        interval, most = settings.retry_interval_seconds, settings.retry_max_delay_seconds
        raise SettingsError(
            f"setting retry_interval_seconds is {interval}, more than retry_max_delay_seconds, which is {most}",
            remedy="correct one of them in payflow.toml",
        )


def _check_alarms(settings: Settings) -> None:
    """SettingsError for an alarm that does not exist or always sends notices, and for what no template could hold."""
    wrong = [
        *_outside("alarms_off", settings.alarms_off, SWITCHABLE),
        *_outside("alarm_topics", settings.alarm_topics, ROUTABLE),
        *_unlike("alarm_topics", settings.alarm_topics.values(), TOPIC_PARAMETER, "a parameter such as PagerTopicArn"),
        *_unlike("mute_windows", settings.mute_windows, MUTE_WINDOW, "a window such as cron(0 2 * * SUN) PT2H UTC"),
        *_unlike(
            "runbook_base_url",
            [settings.runbook_base_url],
            r"[A-Za-z0-9:/?#@!$&()*+,;=._~%-]{0,200}",
            "an address or a path",
        ),
    ]
    if len(settings.mute_windows) > MOST_WINDOWS:
        wrong.append(_wrong("mute_windows", f"has more than {MOST_WINDOWS} windows", "join some of them"))
    refuse(wrong)


def _outside(key: str, given: Iterable[str], known: tuple[str, ...]) -> list[SettingsError]:
    stays = "sends its notices always" if key == "alarms_off" else ""
    return [
        _wrong(key, f"names {each!r}, which {stays if stays and each in ROUTABLE else 'is not an alarm'}",
               f"it takes {', '.join(known)}")
        for each in given
        if each not in known
    ]  # fmt: skip


def _unlike(key: str, given: Iterable[str], pattern: str, wanted: str) -> list[SettingsError]:
    return [_wrong(key, f"has {each[:60]!r}", f"write {wanted}") for each in given if not re.fullmatch(pattern, each)]


def _wrong(key: str, what: str, remedy: str) -> SettingsError:
    return SettingsError(f"setting {key} {what}", remedy=f"{remedy}; correct it in payflow.toml", key=key)


def _refuse(what: str, arrived: int, after: str) -> None:
    reach = "function_timeout + clock_margin_seconds + charge_quiet_seconds"
    raise SettingsError(
        f"{what}, less than {reach}, which is {arrived}: a charge may arrive after {after}",
        remedy="correct one of them in payflow.toml",
    )


def parse_settings(mapping: Mapping[str, Any]) -> Settings:
    """Turn a mapping (the [settings] table of payflow.toml) into Settings.

    An unknown key, a wrong type or a value out of range is a SettingsError that names the key.
    """
    if not mapping:
        return Settings()
    from payflow_cfn.config.parsing import parse_as

    return parse_as(Settings, mapping, where="settings")


def setting_names() -> tuple[str, ...]:
    """The names of all settings, in the order of the class."""
    return tuple(each.name for each in fields(Settings))
