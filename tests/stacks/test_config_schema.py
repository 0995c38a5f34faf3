"""The schema of payflow.toml says of a document what reading it says."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from payflow_cfn.cli.main import main
from payflow_cfn.config.project import parse_project
from payflow_cfn.errors import SettingsError
from payflow_cfn.stacks.config_schema import project_schema

SCHEMA = project_schema()

ENVIRONMENT = "[environments.dev]\n"
GOOD = {
    "nothing": "",
    "settings": '[settings]\nruntime = "python3.12"\nretry_backoff_rate = 2\n'
    "reconcile_after_seconds = [1, 700]\ntracing = true",
    "all of an environment": ENVIRONMENT
    + 'account = "123456789012"\nregion = "eu-west-1"\nbucket = "my.bucket-1"\nproduction = false\n'
    'bucket_key = "arn:aws:kms:eu-west-1:999999999999:key/1234"\n'
    'role_arn = "arn:aws:iam::123456789012:role/x/deployer"\nmonitoring_minutes = 10\n'
    'notification_arns = ["arn:aws:sns:eu-west-1:123456789012:t"]\n'
    'rollback_alarms = ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a b"]\n'
    'parameters = {PaymentLimits = "USD 500 250", GatewayUrl = "https://x"}\ntags = {Team = "a b"}',
    "another partition": ENVIRONMENT + 'region = "us-gov-west-1"\nrole_arn = "arn:aws-us-gov:iam::123456789012:role/d"',
    "an environment with hyphens": "[environments.eu-prod-2]\n",
    "an empty text says nothing": ENVIRONMENT + 'bucket = ""\nregion = ""',
}
BAD = {
    "a table nobody knows": ("[setings]", "did you mean [settings]?"),
    "a setting nobody knows": ("[settings]\nruntim = 1", "did you mean 'runtime'?"),
    "a key nobody knows": (ENVIRONMENT + 'buckets = "b"', "did you mean 'bucket'?"),
    "no environment's name": ("[environments.Dev]", "is not a name"),
    "too long a name": (f"[environments.{'a' * 39}]", "characters"),
    "a runtime of old": ('[settings]\nruntime = "python3.7"', "it has to be 'python3.11'"),
    "text for a number": ('[settings]\nfunction_memory = "256"', "write a whole number, without quotes"),
    "half a number": ("[settings]\nfunction_memory = 256.5", "write a whole number, without quotes"),
    "text for yes": ('[settings]\ntracing = "yes"', "write true or false, without quotes"),
    "one for true": (ENVIRONMENT + "production = 1", "write true or false, without quotes"),
    "true for one": ("[settings]\nretry_attempts = true", "write a whole number, without quotes"),
    "too much": ("[settings]\nfunction_memory = 20000", "allowed are 128 to 10240"),
    "no waits": ("[settings]\nreconcile_after_seconds = []", "at least one wait"),
    "a wait of nothing": ("[settings]\nreconcile_after_seconds = [0]", "at least one wait"),
    "no clocks": ("[settings]\nclock_margin_seconds = 0", "allowed are 1 to 300"),
    "a key that is never kept": ("[settings]\nhttp_key_lifetime_seconds = -1", "allowed are 0 to 31536000"),
    "a key twice": ('[settings]\nexisting_keys = ["sns", "sns"]', "names a purpose twice"),
    "no purpose of a key": ('[settings]\nexisting_keys = ["s3"]', "it has to be 'dynamodb'"),
    "no list": ("[settings]\nreconcile_after_seconds = 5", "write a list in square brackets"),
    "an account without quotes": (ENVIRONMENT + "account = 123456789012", "write it in quotes"),
    "eleven digits": (ENVIRONMENT + 'account = "12345678901"', "it takes 12 digits"),
    "other digits": (ENVIRONMENT + 'account = "١٢٣٤٥٦٧٨٩٠١٢"', "it takes 12 digits"),
    "no region": (ENVIRONMENT + 'region = "Europe"', "it takes a region such as eu-west-1"),
    "a bucket in capitals": (ENVIRONMENT + 'bucket = "Bucket"', "it takes 3 to 63 lower-case letters"),
    "a bucket of two dots": (ENVIRONMENT + 'bucket = "a..b"', "two dots"),
    "a bucket like an address": (ENVIRONMENT + 'bucket = "10.0.0.1"', "IP address"),
    "a bucket of S3's own": (ENVIRONMENT + 'bucket = "x-s3alias"', "S3 keeps for itself"),
    "no role": (ENVIRONMENT + 'role_arn = "deployer"', "it takes the ARN of an IAM role"),
    "a topic that is a queue": (
        ENVIRONMENT + 'notification_arns = ["arn:aws:sqs:eu-west-1:123456789012:t"]',
        "it takes ARNs of SNS topics",
    ),
    "six topics": (
        ENVIRONMENT + f"notification_arns = {json.dumps(['arn:aws:sns:eu-west-1:123456789012:t'] * 6)}",
        "at most 5 items",
    ),
    "too long a watch": (ENVIRONMENT + "monitoring_minutes = 181", "less than or equal to 180"),
    "a fraction": (ENVIRONMENT + "parameters = {RiskThreshold = 1.5}", 'write it as text, RiskThreshold = "..."'),
    "a boolean": (ENVIRONMENT + "parameters = {RiskThreshold = true}", 'write it as text, RiskThreshold = "..."'),
    "a list": (ENVIRONMENT + "parameters = {SubnetIds = [1]}", 'write it as text, SubnetIds = "one,two"'),
    "no parameter's name": (ENVIRONMENT + 'parameters = {"Payment-Limit" = "1"}', "letters and digits only"),
    "the environment twice": (ENVIRONMENT + 'parameters = {Environment = "x"}', "the table's own name"),
    "a number for a tag": (ENVIRONMENT + "tags = {Team = 1}", "write it in quotes"),
    "a table that is none": ('environments = "dev"', "it has to be a table"),
}
# What no schema can say, because it ties keys together.
TIED = {
    "a role of another account": (
        ENVIRONMENT + 'account = "123456789012"\nrole_arn = "arn:aws:iam::999999999999:role/r"',
        "is in account 999999999999, and the environment in 123456789012",
    ),
    "a topic of another region": (
        ENVIRONMENT + 'region = "eu-west-1"\nnotification_arns = ["arn:aws:sns:us-east-1:123456789012:t"]',
        "is in region us-east-1, and the environment in eu-west-1",
    ),
    "a role of another partition": (
        ENVIRONMENT + 'region = "cn-north-1"\nrole_arn = "arn:aws:iam::123456789012:role/r"',
        "is in partition aws, and the environment in aws-cn",
    ),
    "a tag that differs in case": (
        '[settings]\ntags = {Team = "a"}\n' + ENVIRONMENT + 'tags = {team = "b"}',
        "environments.dev.tags: tag 'team': differs from 'Team' only in case",
    ),
    "asks that end before a charge has arrived": (
        "[settings]\nreconcile_after_seconds = [60, 600]",
        "adds up to 660, less than function_timeout + clock_margin_seconds + charge_quiet_seconds, which is 662",
    ),
    "a repetition that starts later than it may": (
        "[settings]\nretry_interval_seconds = 61",
        "is 61, more than retry_max_delay_seconds, which is 60",
    ),
    "a reserved tag": (ENVIRONMENT + 'tags = {"aws:x" = "b"}', "keys that begin with aws: are reserved"),
}


def refusal(document: dict[str, Any]) -> str:
    try:
        parse_project(document)
    except SettingsError as error:
        return str(error)
    return ""


@pytest.fixture(scope="module")
def validator() -> Any:
    """The schema as an independent reader understands it."""
    kind = pytest.importorskip("jsonschema").Draft202012Validator
    kind.check_schema(SCHEMA)
    return kind(SCHEMA)


def test_the_command_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA


@pytest.mark.parametrize(("text", "said"), [*BAD.values(), *TIED.values()], ids=[*BAD, *TIED])
def test_what_is_wrong_is_refused_with_what_to_do(text: str, said: str) -> None:
    assert said in refusal(tomllib.loads(text))


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_what_is_right_passes_both(validator: Any, text: str) -> None:
    document = tomllib.loads(text)
    assert refusal(document) == ""
    assert [each.message for each in validator.iter_errors(document)] == []


@pytest.mark.parametrize("text", [text for text, _ in BAD.values()], ids=BAD)
def test_what_is_wrong_does_not_pass_the_schema(validator: Any, text: str) -> None:
    assert not validator.is_valid(tomllib.loads(text))


@pytest.mark.parametrize("text", [text for text, _ in TIED.values()], ids=TIED)
def test_what_ties_keys_together_only_the_command_sees(validator: Any, text: str) -> None:
    assert validator.is_valid(tomllib.loads(text))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("account = 1979-05-27", "write dates and times in quotes"),
        ("account = 0x" + "f" * 5000, "write dates and times in quotes"),
        ("parameters = {RiskThreshold = 0x" + "f" * 5000 + "}", "is a huge number"),
    ],
)
def test_what_json_has_not_is_one_line(value: str, said: str) -> None:
    assert said in refusal(tomllib.loads(f"{ENVIRONMENT}{value}"))


def test_every_parameter_of_root_is_offered() -> None:
    known = TABLES["environments"]["properties"]["parameters"]["properties"]
    assert {"PaymentLimits", "SubnetIds", "SnsKeyArn"} <= known.keys()
    assert "Environment" not in known


def objects(schema: Any) -> list[dict[str, Any]]:
    """Every schema of a table in it."""
    if isinstance(schema, list):
        return [found for each in schema for found in objects(each)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" else []
    return own + [found for each in schema.values() for found in objects(each)]


def test_no_table_takes_a_key_that_it_does_not_know() -> None:
    assert len(objects(SCHEMA)) == 8
    assert [each for each in objects(SCHEMA) if each.get("additionalProperties") is not False] == []


TABLES = {"settings": SCHEMA["properties"]["settings"]}
TABLES["environments"] = next(iter(SCHEMA["properties"]["environments"]["patternProperties"].values()))
SCALARS = some.booleans() | some.integers(-5, 400) | some.floats(0, 20) | some.text("aB1-.: ", max_size=6)
VALUES = (
    SCALARS | some.lists(SCALARS, max_size=3) | some.dictionaries(some.text("aB1-", max_size=5), SCALARS, max_size=2)
)
DOCUMENTS = some.fixed_dictionaries(
    {},
    optional={
        "settings": some.dictionaries(some.sampled_from(sorted(TABLES["settings"]["properties"])), VALUES, max_size=2),
        "environments": some.dictionaries(
            some.sampled_from(("dev", "a-b", "A")),
            some.dictionaries(some.sampled_from(sorted(TABLES["environments"]["properties"])), VALUES, max_size=2),
            max_size=1,
        ),
    },
)


@settings(max_examples=3 * settings().max_examples)
@given(DOCUMENTS)
@pytest.mark.slow
def test_what_the_command_takes_the_schema_takes(validator: Any, document: dict[str, Any]) -> None:
    if not refusal(document):
        assert validator.is_valid(document), list(validator.iter_errors(document))


@pytest.mark.parametrize("table", TABLES)
def test_every_key_says_what_it_means(table: str) -> None:
    assert all(each["description"] for each in TABLES[table]["properties"].values())
