"""What every resource has in common: the tags of the described system, and those of whoever renders."""

from __future__ import annotations

import pytest

from governed_sets import EVERYTHING, parsed
from payflow_cfn.config.settings import Settings

# Types that take no tags.
UNTAGGED = {
    *("AWS::KMS::Alias", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::Subscription"),
    *("AWS::Lambda::Version", "AWS::Lambda::Alias", "AWS::Lambda::Permission"),
    *("AWS::Logs::MetricFilter", "AWS::Logs::QueryDefinition", "AWS::SecretsManager::ResourcePolicy"),
}


@pytest.mark.parametrize("settings", [Settings(tags={"Team": "ä"}), EVERYTHING], ids=["plain", "everything"])
def test_every_taggable_resource_carries_the_tags(settings: Settings) -> None:
    carried = {"Environment", "Owner", "CostCenter", "DataClassification", *settings.tags}
    found = [each for _, _, each in parsed(settings).resources() if each["Type"] not in UNTAGGED]
    assert len(found) > 20
    assert [each["Type"] for each in found if carried - {tag["Key"] for tag in each["Properties"]["Tags"]}] == []
