"""Test the region of a command: the argument's, whatever the shell and the profile contain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from payflow_cfn.cli import session as aws
from payflow_cfn.cli.main import main
from payflow_cfn.errors import SettingsError
from sessions import Given


def test_the_arguments_region_is_the_one_of_the_client_the_bucket_check_and_every_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").write_text("[default]\nregion = eu-west-1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    made: list[tuple[Any, Stubber]] = []

    def stubbed(region: str, role_arn: str) -> Given:
        session = aws.open_session(region, role_arn)
        return Given(lambda service: stub_of(session.client(service)), session.region)

    def stub_of(client: Any) -> Any:
        stub = Stubber(client)
        stub.add_response("list_objects_v2", {}, {"Bucket": "artifacts", "Prefix": "payflow/"})
        stub.add_response("head_bucket", {"BucketRegion": "ap-southeast-2"}, {"Bucket": "artifacts"})
        put = dict.fromkeys(("Key", "Body", "ContentType", "ChecksumSHA256", "ServerSideEncryption"), ANY)
        for _ in range(9):
            stub.add_response("put_object", {}, {"Bucket": "artifacts", **put})
        stub.activate()
        made.append((client, stub))
        return client

    assert main(["package", "--bucket", "artifacts", "--region", "ap-southeast-2", "--json"], stubbed) == 0
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
    assert aws.open_session("").botocore.get_credentials().access_key == "P"
    assert aws.open_session("").region == "eu-north-1"
    assert aws.open_session("eu-west-1").region == "eu-west-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert aws.open_session("").client("s3").meta.region_name == "us-east-1"
    assert aws.open_session("eu-west-1").client("s3").meta.region_name == "eu-west-1"


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


def test_no_role_is_assumed_without_a_region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SettingsError, match="no region is known"):
        aws.open_session("", "arn:aws:iam::123456789012:role/deployer")


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "sts.eu-west-1.amazonaws.com"),
        ("ca-west-1", "sts.ca-west-1.amazonaws.com"),
        ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"),
        ("eusc-de-east-1", "sts.eusc-de-east-1.amazonaws.eu"),
    ],
)
@pytest.mark.parametrize("setting", ["legacy", "regional"])
def test_tokens_come_from_the_regions_own_sts(
    monkeypatch: pytest.MonkeyPatch, region: str, host: str, setting: str
) -> None:
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", setting)
    assert aws.open_session(region).client("sts").meta.endpoint_url == f"https://{host}"


@pytest.mark.parametrize(
    ("region", "meant"),
    [
        ("eu-west2", "eu-west2 is not a known region of AWS; did you mean eu-west-2?"),
        ("eu-west-9", "eu-west-9 is not a known region of AWS; did you mean eu-west-3?"),
        ("x", "x is not a known region of AWS"),
    ],
)
@pytest.mark.parametrize("place", ["option", "shell", "profile"])
def test_a_region_that_aws_has_not_is_refused_before_anything_is_sent(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    place: str,
    region: str,
    meant: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    (tmp_path / "config").write_text(f"[default]\nregion = {region}\n" if place == "profile" else "")
    if place == "shell":
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    option = ["--region", region] if place == "option" else []
    assert main(["status", "--env", "dev", *option]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"error: {meant}: correct --region, payflow.toml or the shell's region; for a newly opened region upgrade boto3"
    )


def test_an_endpoint_of_ones_own_may_call_its_region_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert aws.open_session("local-1").region == "local-1"
