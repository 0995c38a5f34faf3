"""The end of AWS's support for each runtime: a notice before it, an error when no deploy can use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from payflow_cfn.errors import SettingsError

NOTICE = timedelta(days=180)  # as long before its end as AWS writes to the owners of functions


@dataclass(frozen=True, slots=True)
class Life:
    """The first days on which a runtime gets no patches, no new function and no update of an old one."""

    deprecated: date
    no_create: date
    no_update: date


# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
LIVES: Mapping[str, Life] = MappingProxyType(
    {
        "python3.11": Life(date(2027, 6, 30), date(2027, 7, 31), date(2027, 8, 31)),
        "python3.12": Life(date(2028, 10, 31), date(2028, 11, 30), date(2029, 1, 10)),
        "python3.13": Life(date(2029, 6, 30), date(2029, 7, 31), date(2029, 8, 31)),
        "python3.14": Life(date(2029, 6, 30), date(2029, 7, 31), date(2029, 8, 31)),
    }
)


def runtime_notice(runtime: str, *, today: date) -> str:
    """The notice for a runtime whose end is near or past; empty otherwise, or where the table lacks it."""
    life = LIVES.get(runtime)
    if life is None or today < life.deprecated - NOTICE:
        return ""
    ends = "ended" if today >= life.deprecated else "ends"
    return (
        f"AWS's support for {runtime} {ends} on {life.deprecated}; no function is created with it from "
        f"{life.no_create} on, and none updated from {life.no_update} on: set runtime to {_latest()}"
    )


def refuse_ended(runtime: str, *, today: date) -> None:
    """SettingsError when Lambda updates no function with this runtime any more.

    A new function is refused by AWS itself a month earlier; an environment that has them can still be updated then.
    """
    life = LIVES.get(runtime)
    if life and today >= life.no_update:
        raise SettingsError(
            f"setting runtime is {runtime}, and Lambda updates no function with it since {life.no_update}",
            remedy=f"set runtime to {_latest()} in payflow.toml",
        )


def _latest() -> str:
    return max(LIVES, key=lambda name: (LIVES[name].no_update, name))
