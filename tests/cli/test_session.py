"""Which region a command works in: the argument's, everywhere, whatever the shell and the profile say (O25)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from payflow_cfn.cli import session as aws
from payflow_cfn.cli.main import main
from payflow_cfn.errors import SettingsError


def test_the_arguments_region_is_the_one_of_the_client_the_bucket_check_and_every_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").write_text("[default]\nregion = eu-west-1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    real = aws.client
    made: list[tuple[Any, Stubber]] = []

    def stubbed(service: str, region: str = "", *, session: Any = None) -> Any:
        client = real(service, region, session=session)
        stub = Stubber(client)
        stub.add_response("list_objects_v2", {}, {"Bucket": "artifacts", "Prefix": "payflow/"})
        stub.add_response("head_bucket", {"BucketRegion": "ap-southeast-2"}, {"Bucket": "artifacts"})
        put = dict.fromkeys(("Key", "Body", "ContentType", "ChecksumSHA256", "ServerSideEncryption"), ANY)
        for _ in range(9):
            stub.add_response("put_object", {}, {"Bucket": "artifacts", **put})
        stub.activate()
        made.append((client, stub))
        return client

    monkeypatch.setattr(aws, "client", stubbed)
    assert main(["package", "--bucket", "artifacts", "--region", "ap-southeast-2", "--json"]) == 0
    ((client, stub),) = made
    stub.assert_no_pending_responses()
    assert client.meta.region_name == "ap-southeast-2"
    urls = json.loads(capsys.readouterr().out)["templates"].values()
    assert len(urls) == 7
    assert {url.split("/")[2] for url in urls} == {"artifacts.s3.ap-southeast-2.amazonaws.com"}
    client.close()


def test_profile_and_shell_give_region_and_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text(
        "[profile team]\nregion = eu-north-1\naws_access_key_id = P\naws_secret_access_key = S\n"
    )
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "team")
    assert aws.open_session("").get_credentials().access_key == "P"
    assert aws.region_of(aws.open_session("")) == "eu-north-1"
    assert aws.region_of(aws.open_session("eu-west-1")) == "eu-west-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert aws.client("s3").meta.region_name == "us-east-1"
    assert aws.client("s3", "eu-west-1").meta.region_name == "eu-west-1"


def test_a_file_of_profiles_that_cannot_be_read_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").write_text("region = eu-north-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert main(["package", "--bucket", "artifacts"]) == 2
    assert capsys.readouterr().err.startswith("error: no session: Unable to parse config file")


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("AWS_ENDPOINT_URL", "localhost:4566", "Invalid endpoint: localhost:4566"),
        ("AWS_PROFILE", "half", "Partial credentials found in config-file, missing: aws_secret_access_key"),
    ],
)
def test_a_shell_or_a_profile_that_allows_no_client_is_one_line_with_what_to_correct(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, why: str
) -> None:
    (tmp_path / "config").write_text("[profile half]\naws_access_key_id = P\n")
    monkeypatch.chdir(tmp_path)
    for each in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv(name, value)
    assert main(["status", "--env", "dev", "--region", "eu-west-1"]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told == (
        f"error: no client for cloudformation: {why}: "
        "log in, or correct the region, the profile (AWS_PROFILE) or the shell's AWS_ variables"
    )


def test_a_role_that_is_assumed_without_a_region_leaves_the_region_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")  # STS then answers without a region
    for name in ("AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    keys = dict.fromkeys(("AccessKeyId", "SecretAccessKey", "SessionToken"), "x" * 16)

    class Sts:
        def assume_role(self, **_: str) -> dict[str, Any]:
            return {"Credentials": keys}

    with monkeypatch.context() as patched:
        patched.setattr(aws, "client", lambda *_, **__: Sts())
        session = aws.open_session("", "arn:aws:iam::123456789012:role/deployer")
    with pytest.raises(SettingsError, match="no region is known"):
        aws.client("cloudformation", session=session)
