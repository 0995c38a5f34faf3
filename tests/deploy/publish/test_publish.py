"""Test publishing to S3: only missing objects, one request for an unchanged set, never to a wrong bucket."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from payflow_cfn.artifacts.package import Artifact, PendingArtifact
from payflow_cfn.deploy.publish.destination import Destination, Encryption, Published
from payflow_cfn.deploy.publish.publish import Stored, publish
from payflow_cfn.errors import PackageError
from s3_stand_in import StandIn, stand_in

RENDERED = {
    "storage.json": json.dumps({"Description": "ü", "Resources": {}}, indent=1, ensure_ascii=False),
    "functions.json": json.dumps(
        {
            "Resources": {
                "Validation": {"Type": "AWS::Lambda::Function", "Properties": {"Code": "./artifacts/validation.zip"}},
                "Processing": {"Type": "AWS::Lambda::Function", "Properties": {"Code": "./artifacts/processing.zip"}},
            }
        }
    ),
    "root.json": json.dumps(
        {
            "Resources": {
                "Storage": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "./storage.json"}},
                "Functions": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "./functions.json"}},
            }
        }
    ),
}


def artifact(name: str, identity: str = "a" * 64) -> Artifact:
    return Artifact(name, identity, f"zip of {name}".encode(), files=1, unzipped=10, bytecode=False)


ARTIFACTS = (artifact("validation"), artifact("processing", "b" * 64))


@pytest.fixture
def bucket() -> Iterator[StandIn]:
    with stand_in() as state:
        yield state


TO = Destination("artifacts", "payflow/", "eu-west-2", Encryption())


def published(bucket: StandIn, /, to: Destination = TO, **other: Any) -> Published:
    client = bucket.client()
    try:
        return publish(client, to, **{"rendered": RENDERED, "artifacts": ARTIFACTS, **other})
    finally:
        client.close()


def test_a_new_set_is_uploaded_once_after_one_list_request(bucket: StandIn) -> None:
    found = published(bucket)
    assert bucket.requests == {"LIST": 1, "PUT": 5}
    assert sorted(found.uploaded) == sorted(bucket.objects)
    assert found.skipped == ()
    assert bucket.objects[f"payflow/validation-{'a' * 64}.zip"] == b"zip of validation"


def test_an_unchanged_set_costs_exactly_one_request_and_builds_nothing(bucket: StandIn) -> None:
    first = published(bucket)
    bucket.requests.clear()

    def build() -> Artifact:
        raise AssertionError("built although nothing changed")

    again = published(bucket, artifacts=[PendingArtifact(each.name, each.identity, build) for each in ARTIFACTS])
    assert bucket.requests == {"LIST": 1}
    assert again.uploaded == ()
    assert sorted(again.skipped) == sorted(bucket.objects)
    assert (again.root_url, again.templates, again.rendered) == (first.root_url, first.templates, first.rendered)


def test_a_changed_child_uploads_itself_and_its_parent_only(bucket: StandIn) -> None:
    published(bucket)
    kept = dict(bucket.objects)
    bucket.requests.clear()
    changed = published(bucket, rendered={**RENDERED, "storage.json": '{"Resources": {}}'})
    assert bucket.requests == {"LIST": 1, "PUT": 2}
    assert [key.split("-")[0] for key in changed.uploaded] == ["payflow/storage", "payflow/root"]
    assert kept.items() <= bucket.objects.items()


def test_a_changed_artifact_uploads_it_and_the_templates_that_name_it(bucket: StandIn) -> None:
    published(bucket)
    changed = published(bucket, artifacts=(ARTIFACTS[0], artifact("processing", "c" * 64)))
    assert [key.split("-")[0] for key in changed.uploaded] == [
        "payflow/processing",
        "payflow/functions",
        "payflow/root",
    ]


def test_a_pending_artifact_is_built_when_the_bucket_lacks_it(bucket: StandIn) -> None:
    pending = [PendingArtifact(each.name, each.identity, lambda each=each: each) for each in ARTIFACTS]  # type: ignore[misc]
    published(bucket, artifacts=pending)
    assert bucket.objects[f"payflow/processing-{'b' * 64}.zip"] == b"zip of processing"


def test_the_root_names_children_and_the_functions_name_code_in_s3(bucket: StandIn) -> None:
    found = published(bucket)
    base = "https://artifacts.s3.eu-west-2.amazonaws.com/"
    assert {name: url.startswith(base) for name, url in found.templates.items()} == dict.fromkeys(RENDERED, True)
    stored = {name: json.loads(bucket.objects[url.removeprefix(base)]) for name, url in found.templates.items()}
    resources = stored["root.json"]["Resources"]
    assert resources["Storage"]["Properties"]["TemplateURL"] == found.templates["storage.json"]
    assert resources["Functions"]["Properties"]["TemplateURL"] == found.templates["functions.json"]
    assert stored["functions.json"]["Resources"]["Validation"]["Properties"]["Code"] == {
        "S3Bucket": "artifacts",
        "S3Key": f"payflow/validation-{'a' * 64}.zip",
    }
    assert found.root_url == found.templates["root.json"]


def test_what_is_stored_is_what_is_returned_under_the_hash_of_its_bytes(bucket: StandIn) -> None:
    found = published(bucket)
    for name, text in found.rendered.items():
        key = f"payflow/{name.removesuffix('.json')}-{hashlib.sha256(text.encode()).hexdigest()}.json"
        assert bucket.objects[key] == text.encode()
    assert "ü" in found.rendered["storage.json"]


@pytest.mark.slow
def test_every_object_is_encrypted_checked_and_bound_to_the_owner(bucket: StandIn) -> None:
    published(bucket, replace(TO, owner="111122223333", encryption=Encryption("aws:kms", "alias/artifacts")))
    for key, headers in bucket.headers.items():
        assert headers["x-amz-server-side-encryption"] == "aws:kms"
        assert headers["x-amz-server-side-encryption-aws-kms-key-id"] == "alias/artifacts"
        assert headers["x-amz-expected-bucket-owner"] == "111122223333"
        digest = base64.b64encode(hashlib.sha256(bucket.objects[key]).digest()).decode()
        assert headers["x-amz-checksum-sha256"] == digest
        assert headers["content-type"] == ("application/zip" if key.endswith(".zip") else "application/json")


def test_s3s_own_encryption_is_the_default(bucket: StandIn) -> None:
    published(bucket)
    assert {each["x-amz-server-side-encryption"] for each in bucket.headers.values()} == {"AES256"}
    assert not [each for each in bucket.headers.values() if "x-amz-server-side-encryption-aws-kms-key-id" in each]


def test_a_key_without_kms_is_refused_before_any_upload(bucket: StandIn) -> None:
    with pytest.raises(PackageError, match="a KMS key was given with AES256"):
        published(bucket, replace(TO, encryption=Encryption("AES256", "alias/artifacts")))
    assert bucket.requests["PUT"] == 0


def test_events_name_every_object_once(bucket: StandIn) -> None:
    events: list[Stored] = []
    published(bucket, artifacts=ARTIFACTS, on_event=events.append)
    assert sorted((each.key, each.size) for each in events) == sorted(
        (key, len(body)) for key, body in bucket.objects.items()
    )
    assert not [each for each in events if each.skipped]
    again: list[Stored] = []
    published(bucket, on_event=again.append)
    assert [(each.size, each.skipped) for each in again] == [(0, True)] * 5


def test_a_bucket_with_more_than_a_page_of_old_artifacts_is_read_on_until_all_are_found(bucket: StandIn) -> None:
    published(bucket)
    bucket.page = 2
    bucket.objects["payflow/zzz"] = bucket.objects["payflow/zzzz"] = b""
    bucket.requests.clear()
    assert published(bucket).uploaded == ()
    assert bucket.requests == {"LIST": 3}


def test_objects_under_other_prefixes_do_not_count(bucket: StandIn) -> None:
    published(bucket, replace(TO, prefix="other"))
    assert len(published(bucket).uploaded) == 5


def test_a_bucket_in_another_region_stops_before_the_upload_with_both_names(bucket: StandIn) -> None:
    bucket.region = "eu-west-1"
    with pytest.raises(PackageError, match="the bucket artifacts is in eu-west-1, the stack in eu-west-2"):
        published(bucket)
    assert bucket.requests == {"LIST": 1}


def test_the_region_is_looked_up_if_the_listing_does_not_have_it(bucket: StandIn) -> None:
    bucket.says_region = False
    published(bucket)
    assert bucket.requests == {"LIST": 1, "HEAD": 1, "PUT": 5}


def test_an_s3_of_ones_own_has_no_region_and_is_addressed_by_path(bucket: StandIn) -> None:
    bucket.says_region = False
    found = published(bucket, replace(TO, endpoint=bucket.url))
    assert bucket.requests == {"LIST": 1, "PUT": 5}
    assert found.root_url.startswith(f"{bucket.url}/artifacts/payflow/root-")


def test_a_missing_bucket_has_an_error_of_its_own(bucket: StandIn) -> None:
    with pytest.raises(PackageError, match="the bucket nowhere does not exist: create it"):
        published(bucket, replace(TO, bucket="nowhere"))


def test_a_bucket_of_another_account_is_refused_before_the_upload(bucket: StandIn) -> None:
    with pytest.raises(PackageError, match="S3 denies to list the bucket artifacts: it is another account's"):
        published(bucket, replace(TO, owner="999999999999"))
    assert bucket.requests["PUT"] == 0


def test_a_refused_upload_names_the_object(bucket: StandIn) -> None:
    bucket.refuse_put = "processing"
    with pytest.raises(PackageError, match=r"S3 denies to put payflow/processing-b+\.zip into the bucket artifacts"):
        published(bucket)


def test_an_unreachable_s3_is_one_line(bucket: StandIn) -> None:
    bucket.url = "http://127.0.0.1:1"
    with pytest.raises(PackageError, match="cannot list the bucket artifacts: Could not connect") as caught:
        published(bucket)
    assert "\n" not in str(caught.value)


def test_an_artifact_that_a_template_names_must_be_there(bucket: StandIn) -> None:
    with pytest.raises(
        PackageError, match=r"names the code \./artifacts/processing\.zip, and there is no such artifact"
    ):
        published(bucket, artifacts=ARTIFACTS[:1])
    assert not bucket.requests
