"""Imagined deployments: where a set is put, so that its values are plain text."""

from __future__ import annotations

from dataclasses import dataclass

from payflow_cfn.aws.s3_urls import partition_of, url_suffix


@dataclass(frozen=True, slots=True)
class World:
    """Where the imagined deployment is."""

    environment: str = "dev"
    region: str = "eu-west-2"
    account: str = "111122223333"
    partition: str = "aws"
    suffix: str = "amazonaws.com"

    @property
    def pseudo(self) -> dict[str, str]:
        """The pseudo parameters' values."""
        return {
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
            "AWS::Partition": self.partition,
            "AWS::URLSuffix": self.suffix,
        }


WORLD = World()
# One deployment in each partition that has regions for everybody or for a state (the AWS General Reference).
WORLDS = (
    WORLD,
    World(region="cn-north-1", partition="aws-cn", suffix="amazonaws.com.cn"),
    World(region="us-gov-west-1", partition="aws-us-gov"),
    World(region="eusc-de-east-1", partition="aws-eusc", suffix="amazonaws.eu"),
)


def pseudo_parameters(region: str, stack_id: str = "") -> dict[str, str]:
    """The pseudo parameters' values in a region, and in the account of a stack's ARN."""
    account = stack_id.split(":")[4:5]
    given = {"AWS::Region": region, "AWS::Partition": partition_of(region), "AWS::URLSuffix": url_suffix(region)}
    return {**given, "AWS::AccountId": account[0]} if account else given
