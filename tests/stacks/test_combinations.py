"""Settings together: every pair renders, is wired and clean; what is not asked for leaves no trace."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from governed_sets import EVERYTHING, PURPOSES, parsed, rendered
from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.config.settings import Settings, parse_settings
from payflow_cfn.deploy.cloudformation.template import LARGEST_BODY
from payflow_cfn.lint import check_set, lint_set
from payflow_cfn.stacks.render import build_set
from payflow_cfn.version import TEMPLATE_VERSION

SHIPPED = Path(__file__).parents[2] / "templates" / TEMPLATE_VERSION
# What each setting may change, and a text that is in no template without it.
TRACES = (
    (Settings(vpc=True), ("VpcConfig", "SubnetIds", "SecurityGroupIds", "ec2:", "SourceFunctionArn")),
    (Settings(code_signing=True), ("CodeSigning",)),
    (Settings(reserved_concurrency=True), ("ReservedConcurren",)),
    (Settings(workflow_log_class="INFREQUENT_ACCESS"), ("LogGroupClass", "INFREQUENT_ACCESS")),
    (Settings(tracing=True), ("TracingConfig", "xray:")),
    (Settings(architecture="arm64"), ("Architectures", "arm64")),
    (Settings(existing_keys=PURPOSES), (":kms:[a-z0-9-]+", "existing sns key")),
)
OPTIONS: dict[str, tuple[Any, ...]] = {
    "existing_keys": ((), ("sns",), ("cloudwatch", "lambda"), PURPOSES),
    "vpc": (False, True),
    "code_signing": (False, True),
    "reserved_concurrency": (False, True),
    "workflow_log_class": ("STANDARD", "INFREQUENT_ACCESS"),
    "tracing": (False, True),
    "architecture": ("x86_64", "arm64"),
    "stripe": (False, True),
    "table_deletion_protection": (False, True),
    "log_execution_data": (False, True),
}


@pytest.mark.parametrize(("settings", "traces"), TRACES, ids=[traces[0] for _, traces in TRACES])
@pytest.mark.slow
def test_absent_means_no_trace(settings: Settings, traces: tuple[str, ...]) -> None:
    plain, asked = "".join(rendered(Settings()).values()), "".join(rendered(settings).values())
    assert {trace: (trace in plain, trace in asked) for trace in traces} == dict.fromkeys(traces, (False, True))


def test_nothing_asked_for_is_the_committed_set_byte_for_byte() -> None:
    committed = {path.name: path.read_text() for path in SHIPPED.glob("*.json")}
    assert {name: text for name, text in build_set(parse_settings({})).files.items() if name in committed} == committed


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [EVERYTHING, pytest.param(Settings(existing_keys=("sns",), vpc=True), marks=pytest.mark.whole)],
    ids=["all", "two"],
)
def test_a_set_with_the_setting_is_clean_by_cfn_lint_and_our_own_rules(settings: Settings) -> None:
    assert lint_set(TemplateSet(rendered(settings))) == []


Choice = dict[str, Any]


def pairs_of(choice: Choice) -> set[tuple[tuple[str, Any], ...]]:
    return set(itertools.combinations(choice.items(), 2))


def covering() -> Iterator[Choice]:
    """A few choices of all options that have every pair of values between them: the best next one each time."""
    every = [dict(zip(OPTIONS, values, strict=True)) for values in itertools.product(*OPTIONS.values())]
    found = {index: pairs_of(choice) for index, choice in enumerate(every)}
    missing = set().union(*found.values())
    while missing:
        best = max(found, key=lambda index: len(found[index] & missing))
        missing -= found[best]
        yield every[best]


@pytest.mark.whole
def test_every_pair_of_settings_renders_wires_and_breaks_no_rule_of_ours() -> None:
    choices = list(covering())
    possible = sum(len(a) * len(b) for a, b in itertools.combinations(OPTIONS.values(), 2))
    assert len(set().union(*map(pairs_of, choices))) == possible
    assert [[str(each) for each in check_set(parsed(Settings(**choice)))] for choice in choices] == [[]] * len(choices)


def test_the_root_template_can_be_sent_as_text_with_every_setting() -> None:
    assert max(len(rendered(each)["root.json"].encode()) for each in (Settings(), EVERYTHING)) < LARGEST_BODY
