"""Settings are frozen, in range, and keep what they were given."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from payflow_cfn.config.settings import Settings, parse_settings, setting_names
from payflow_cfn.errors import SettingsError


def test_nothing_given_is_the_described_system() -> None:
    assert parse_settings({}) == Settings()
    assert (Settings().runtime, Settings().function_memory, Settings().function_timeout) == ("python3.11", 256, 300)


@pytest.mark.parametrize("name", setting_names())
def test_no_setting_can_be_changed(name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(Settings(), name, None)


def test_the_givers_mapping_is_not_kept() -> None:
    given = {"Team": "a"}
    kept = Settings(tags=given)
    given["Team"] = "b"
    assert kept.tags == {"Team": "a"}


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("function_memory", 128, 10240),
        ("function_timeout", 10, 900),
        ("key_pending_window_days", 7, 30),
        ("clock_margin_seconds", 1, 300),
    ],
)
def test_a_range_holds_its_ends_and_nothing_beyond(name: str, low: int, high: int) -> None:
    assert [getattr(parse_settings({name: each}), name) for each in (low, high)] == [low, high]
    for beyond in (low - 1, high + 1):
        with pytest.raises(SettingsError, match=f"setting {name} is {beyond}, allowed are {low} to {high}"):
            parse_settings({name: beyond})


# The least that the settings' own times allow, and what contradicts it by a second.
@pytest.mark.parametrize(
    ("fits", "contradiction", "words"),
    [
        (
            {"reconcile_after_seconds": (62, 600)},
            {"reconcile_after_seconds": (61, 600)},
            ("reconcile_after_seconds", "adds up to 661", "662", "after the last ask"),
        ),
        (
            {"function_timeout": 900, "reconcile_after_seconds": (1262,)},
            {"function_timeout": 900, "reconcile_after_seconds": (1261,)},
            ("reconcile_after_seconds", "function_timeout", "1262", "after the last ask"),
        ),
        (
            {"http_key_lifetime_seconds": 662},
            {"http_key_lifetime_seconds": 661},
            ("http_key_lifetime_seconds", "is 661", "662", "after its key is forgotten"),
        ),
        (
            {"stripe": True, "charge_quiet_seconds": 86_038},
            {"stripe": True, "charge_quiet_seconds": 86_039},
            ("stripe", "keys for 86400 s", "86401", "after its key is forgotten"),
        ),
        (
            {"retry_interval_seconds": 60},
            {"retry_interval_seconds": 61},
            ("retry_interval_seconds", "is 61", "retry_max_delay_seconds", "60"),
        ),
    ],
    ids=lambda value: "",
)
def test_times_that_contradict_each_other_are_refused_with_both_settings(
    fits: dict[str, Any], contradiction: dict[str, Any], words: tuple[str, ...]
) -> None:
    parse_settings(fits)
    with pytest.raises(SettingsError) as refused:
        parse_settings(contradiction)
    for each in words:
        assert each in str(refused.value)


def test_a_gateway_that_keeps_its_keys_for_ever_contradicts_no_time() -> None:
    longest = {"charge_quiet_seconds": 86_400, "http_key_lifetime_seconds": 0}
    assert parse_settings(longest).http_key_lifetime_seconds == 0


def test_a_key_that_nobody_knows_is_told_with_the_nearest_and_a_wrong_type_with_its_place() -> None:
    with pytest.raises(SettingsError, match="did you mean 'function_timeout'"):
        parse_settings({"function_timout": 30})
    with pytest.raises(SettingsError, match=r"settings\.function_timeout"):
        parse_settings({"function_timeout": "soon"})


@pytest.mark.parametrize("tags", [{"Owner": "A, B"}, {"AWS:x": "1"}, {"k": "line\nbreak"}, {"environment": "x"}])
def test_a_tag_that_a_service_refuses_is_no_setting(tags: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="tag"):
        Settings(tags=tags)
    with pytest.raises(SettingsError, match="tag"):
        parse_settings({"tags": tags})
    assert parse_settings({"tags": {"Team": "ä"}}).tags["Team"] == "ä"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"alarms_off": ["payment-unknown"]}, "alarms_off names 'payment-unknown', which sends its notices always"),
        ({"alarms_off": ["notices-lost"]}, "alarms_off names 'notices-lost', which sends its notices always"),
        ({"alarms_off": ["payment-health"]}, "alarms_off names 'payment-health'"),
        ({"alarms_off": ["nothing"]}, "alarms_off names 'nothing', which is not an alarm"),
        ({"alarm_topics": {"nothing": "PagerTopicArn"}}, "alarm_topics names 'nothing', which is not an alarm"),
        ({"alarm_topics": {"sfn-aborts": "arn:aws:sns:a:1:b"}}, "alarm_topics has 'arn:aws:sns:a:1:b'"),
        ({"mute_windows": ["0 2 * * SUN PT2H"]}, "mute_windows has '0 2"),
        ({"mute_windows": ["cron(0 2 * * SUN) 2 hours"]}, "mute_windows has 'cron"),
        ({"mute_windows": ["cron(0 2 * * SUN) PT2H"] * 6}, "mute_windows has more than 5 windows"),
        ({"runbook_base_url": "a'b"}, "runbook_base_url has"),
        ({"runbook_base_url": "${AWS::Region}"}, "runbook_base_url has"),
    ],
)
def test_alarms_that_always_notify_and_values_that_no_template_holds_are_refused(
    given: dict[str, Any], words: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_settings(given)
    assert words in str(refused.value)


def test_settings_are_shown_by_what_differs_from_the_described_system() -> None:
    assert repr(Settings()) == "Settings()"
    assert repr(Settings(function_memory=512, vpc=True)) == "Settings(function_memory=512, vpc=True)"
