"""In every partition each ARN, host and principal is right: all templates worked out with that partition's values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from governed_sets import EVERYTHING, parsed
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet, walk
from payflow_cfn.aws.worlds import World
from payflow_cfn.config.settings import Settings

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html and botocore's partitions.json.
WORLDS = {
    "aws": World(),
    "aws-cn": World(region="cn-north-1", partition="aws-cn", suffix="amazonaws.com.cn"),
    "aws-us-gov": World(region="us-gov-west-1", partition="aws-us-gov"),
    "aws-eusc": World(region="eusc-de-east-1", partition="aws-eusc", suffix="amazonaws.eu"),
}
# A service's own name as a principal is the same everywhere; CloudWatch Logs has one for each region, by its suffix
# (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html).
FIXED = {
    *("lambda.amazonaws.com", "states.amazonaws.com", "sns.amazonaws.com", "cloudwatch.amazonaws.com"),
    "delivery.logs.amazonaws.com",
}
ARN = re.compile(r"arn:([^:]*):([^:]*):([^:]*):([^:]*):")
HOST = re.compile(r"[a-z0-9.-]*amazonaws[a-z.]*")
# S3's, IAM's and the service integrations' ARNs name no region; the integrations' no account either.
NO_REGION = {"iam"}


def texts(templates: ParsedSet, world: World) -> Iterator[tuple[str, str]]:
    """Every text of every resource, output and condition, worked out, with its place."""
    for stack, template in templates.templates.items():
        for section in ("Resources", "Outputs"):
            found = expand(templates, stack, template.get(section, {}), world)
            for path, value in walk(found, f"{stack}/{section}"):
                if isinstance(value, str):
                    yield path, value


def arn_problems(text: str, world: World) -> Iterator[str]:
    for partition, service, region, account in ARN.findall(text):
        integration = service == "states" and not region and not account
        if partition != world.partition:
            yield f"partition {partition}"
        if not integration and region != ("" if service in NO_REGION else world.region):
            yield f"region {region} of {service}"
        if not integration and account not in (world.account, "lambda", "*"):
            yield f"account {account} of {service}"


def host_problems(path: str, text: str, world: World) -> Iterator[str]:
    for host in HOST.findall(text):
        if re.search(r"/Principal/Service(/\d+)?$", path) and host in FIXED:
            continue
        if not host.endswith(f".{world.region}.{world.suffix}"):
            yield f"host {host}"


def problems(templates: ParsedSet, world: World) -> list[str]:
    return [
        f"{path}: {each}"
        for path, text in texts(templates, world)
        for each in [*arn_problems(text, world), *host_problems(path, text, world)]
    ]


@pytest.mark.parametrize(
    "settings", [Settings(), Settings(vpc=True, tracing=True), EVERYTHING], ids=["plain", "vpc", "all"]
)
@pytest.mark.parametrize("partition", WORLDS)
@pytest.mark.slow
def test_no_arn_host_or_principal_is_wrong(partition: str, settings: Settings) -> None:
    world, templates = WORLDS[partition], parsed(settings)
    found = list(texts(templates, world))
    arns = sum(len(ARN.findall(text)) for _, text in found)
    hosts = sum(len(HOST.findall(text)) for _, text in found)
    assert arns > 60
    assert hosts >= 5
    assert problems(templates, world) == []


def plant(templates: ParsedSet, stack: str, logical: str, key: str, value: Any) -> None:
    templates.templates[stack]["Resources"][logical]["Properties"][key] = value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", "partition aws"),
        ({"Fn::Sub": "arn:${AWS::Partition}:sns:us-east-1:${AWS::AccountId}:t"}, "region us-east-1 of sns"),
        ({"Fn::Sub": "arn:${AWS::Partition}:sns:${AWS::Region}:999999999999:t"}, "account 999999999999 of sns"),
        ({"Fn::Sub": "https://sqs.${AWS::Region}.amazonaws.com/q"}, "host sqs.cn-north-1.amazonaws.com"),
        ({"Fn::Join": [":", ["arn", "aws", "sns", {"Ref": "AWS::Region"}, "1", "t"]]}, "partition aws"),
    ],
)
def test_a_planted_fault_is_seen(value: Any, said: str) -> None:
    templates = parsed(Settings())
    plant(templates, "storage", "TransactionsTable", "Planted", value)
    assert f"storage/Resources/TransactionsTable/Properties/Planted: {said}" in problems(templates, WORLDS["aws-cn"])


def test_a_principal_by_a_region_has_that_partitions_suffix() -> None:
    principals = {
        partition: {text for path, text in texts(parsed(Settings()), world) if path.endswith("/Principal/Service")}
        for partition, world in WORLDS.items()
    }
    regional = {partition: found - FIXED for partition, found in principals.items()}
    assert regional == {
        "aws": {"logs.eu-west-2.amazonaws.com"},
        "aws-cn": {"logs.cn-north-1.amazonaws.com.cn"},
        "aws-us-gov": {"logs.us-gov-west-1.amazonaws.com"},
        "aws-eusc": {"logs.eusc-de-east-1.amazonaws.eu"},
    }
    assert set.union(*principals.values()) >= FIXED
