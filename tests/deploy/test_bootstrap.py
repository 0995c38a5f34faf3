"""Test the artifact bucket and its stack: created once, found again, never lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session
from botocore.stub import Stubber

from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy.bootstrap import ArtifactBucket, bootstrap, find_bucket
from payflow_cfn.deploy.publish.destination import Encryption
from payflow_cfn.errors import DeployError

if TYPE_CHECKING:
    from payflow_cfn.local.emulator.clients import LocalClients


def found(status: str, **outputs: str) -> Any:
    """What is found when the bootstrap stack is described so; no status means that there is none."""
    keys: dict[str, Any] = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "region_name": "eu-west-1"}
    client: Any = Session().create_client("cloudformation", **keys, config=Config(retries={"total_max_attempts": 1}))
    stack = {"StackId": "arn:x", "StackName": "n", "StackStatus": status, "CreationTime": datetime.now(UTC)}
    listed = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    with Stubber(client) as stub:
        if status:
            answer = {"Stacks": [{**stack, "Outputs": listed}]}
            stub.add_response("describe_stacks", answer, {"StackName": "bootstrap-payflow-dev"})
        else:
            stub.add_client_error("describe_stacks", "ValidationError", "it does not exist")
        return find_bucket(client, environment="dev")


def test_the_bucket_is_the_output_of_its_stack() -> None:
    assert found("CREATE_COMPLETE", ArtifactBucketName="b", ArtifactKeyArn="k") == ArtifactBucket("b", "k")
    assert found("UPDATE_COMPLETE", ArtifactBucketName="b") == ArtifactBucket("b")
    assert found("") is None


def test_a_stack_without_a_bucket_is_an_error_with_its_status() -> None:
    said = "bootstrap-payflow-dev is ROLLBACK_COMPLETE and names no bucket: its first create failed"
    with pytest.raises(DeployError, match=said):
        found("ROLLBACK_COMPLETE")


def test_objects_are_encrypted_as_the_bucket_is() -> None:
    assert ArtifactBucket("b", "k").encryption == Encryption("aws:kms", "k")
    assert ArtifactBucket("b").encryption == Encryption("AES256")


@pytest.mark.local
def test_a_bucket_is_made_once_and_keeps_its_name_and_its_encryption(clients: LocalClients) -> None:
    cloudformation = clients("cloudformation")
    done = bootstrap(cloudformation, Settings(), environment="dev", bucket_name="given-name", encryption="AES256")
    assert done.outputs["ArtifactBucketName"] == "given-name"
    assert not bootstrap(cloudformation, Settings(), environment="dev").changed
    with pytest.raises(DeployError, match="has the bucket given-name, and a bucket keeps its name"):
        bootstrap(cloudformation, Settings(), environment="dev", bucket_name="other-name")
    assert find_bucket(cloudformation, environment="dev") == ArtifactBucket("given-name")


@pytest.mark.local
def test_the_bucket_is_private_versioned_and_protected_and_stays_when_its_stack_goes(clients: LocalClients) -> None:
    cloudformation, s3 = clients("cloudformation"), clients("s3")
    bootstrap(cloudformation, Settings(), environment="dev")
    bucket = find_bucket(cloudformation, environment="dev")
    assert bucket is not None
    assert bucket.key_arn.startswith("arn:aws:kms:")
    with pytest.raises(DeployError, match="encrypted with a key of its own"):
        bootstrap(cloudformation, Settings(), environment="dev", encryption="AES256")
    blocked = s3.get_public_access_block(Bucket=bucket.name)["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}
    assert "DenyPlainTransport" in s3.get_bucket_policy(Bucket=bucket.name)["Policy"]
    assert s3.get_bucket_versioning(Bucket=bucket.name)["Status"] == "Enabled"

    stack = {"StackName": "bootstrap-payflow-dev"}
    with pytest.raises(ClientError, match=r"[Pp]rotect"):
        cloudformation.delete_stack(**stack)
    cloudformation.update_termination_protection(**stack, EnableTerminationProtection=False)
    cloudformation.delete_stack(**stack)
    cloudformation.get_waiter("stack_delete_complete").wait(**stack, WaiterConfig={"Delay": 0.05})
    assert bucket.name in [each["Name"] for each in s3.list_buckets()["Buckets"]]
