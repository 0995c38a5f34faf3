"""Test `package` against a counting S3: its uploads, bucket and keys, and what it refuses before."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from fake_cloudformation import FakeCloudFormation
from payflow_cfn.artifacts import build
from payflow_cfn.cli import main
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.render import build_set
from s3_stand_in import StandIn, stand_in
from sessions import Given

KEY = "arn:aws:kms:eu-west-2:111122223333:key/k"
SOURCE = str(Path(main.__file__).parents[2])
Run = Callable[..., tuple[int, str, str]]


class Account(FakeCloudFormation):
    """The account that owns the bucket."""

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/anna"}


@pytest.fixture
def s3() -> Iterator[StandIn]:
    with stand_in() as running:
        yield running


@pytest.fixture
def cloud() -> Account:
    return Account()


@pytest.fixture
def run(
    s3: StandIn, cloud: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run `package` against the stand-in: its exit status, what it printed, and what it said beside that."""
    monkeypatch.chdir(tmp_path)

    def connect(region: str, _role: str) -> Given:
        given = region or "eu-west-2"
        return Given(lambda service: s3.client(given) if service == "s3" else cloud, given)

    def package(*arguments: str) -> tuple[int, str, str]:
        status = main.main(["package", *arguments], connect)
        said = capsys.readouterr()
        return status, said.out, said.err

    return package


def settings(text: str) -> None:
    Path("payflow.toml").write_text(f"[environments.dev]\n{text}\n")


def test_an_unchanged_set_is_exactly_one_request(run: Run, s3: StandIn) -> None:
    assert run("--bucket", "artifacts")[0] == 0
    assert s3.requests["PUT"] == 9
    s3.requests.clear()
    status, out, err = run("--bucket", "artifacts")
    assert (status, err) == (0, "")
    assert out.endswith("0 uploaded, 9 there already\n")
    assert dict(s3.requests) == {"LIST": 1}


def test_the_environment_gives_bucket_region_owner_and_key(run: Run, s3: StandIn) -> None:
    settings(f'account = "111122223333"\nregion = "eu-west-2"\nbucket = "artifacts"\nbucket_key = "{KEY}"')
    status, out, _ = run("--env", "dev", "--json")
    assert status == 0
    found = json.loads(out)
    assert (found["bucket"], len(found["uploaded"]), found["skipped"]) == ("artifacts", 9, [])
    assert set(found["templates"]) >= {"root.json", "storage.json"}
    for headers in s3.headers.values():
        assert headers["x-amz-server-side-encryption"] == "aws:kms"
        assert headers["x-amz-server-side-encryption-aws-kms-key-id"] == KEY
        assert headers["x-amz-expected-bucket-owner"] == "111122223333"


@pytest.mark.parametrize(
    ("options", "kind", "key"),
    [
        ([], "AES256", None),
        (["--sse", "aws:kms"], "aws:kms", None),
        (["--kms-key", "k"], "aws:kms", "k"),
        (["--sse", "aws:kms", "--kms-key", "k"], "aws:kms", "k"),
    ],
)
def test_the_options_say_how_objects_are_encrypted(
    run: Run, s3: StandIn, options: list[str], kind: str, key: str | None
) -> None:
    assert run("--bucket", "artifacts", *options)[0] == 0
    found = {
        (each["x-amz-server-side-encryption"], each.get("x-amz-server-side-encryption-aws-kms-key-id"))
        for each in s3.headers.values()
    }
    assert found == {(kind, key)}


@pytest.mark.slow
def test_an_option_overrides_the_file(run: Run, s3: StandIn) -> None:
    settings(f'bucket = "artifacts"\nbucket_key = "{KEY}"')
    assert run("--env", "dev", "--sse", "AES256")[0] == 0
    assert {each["x-amz-server-side-encryption"] for each in s3.headers.values()} == {"AES256"}
    assert run("--env", "dev", "--sse", "aws:kms", "--prefix", "other")[0] == 0
    keys = {each.get("x-amz-server-side-encryption-aws-kms-key-id") for each in s3.headers.values()}
    assert keys == {None, KEY}


def test_the_bucket_of_bootstrap_is_found_when_none_is_named(run: Run, s3: StandIn, cloud: Account) -> None:
    status, _, err = run("--env", "dev")
    assert (status, "or the one that `payflow bootstrap --env dev` makes" in err) == (2, True)
    outputs = {"ArtifactBucketName": "artifacts", "ArtifactKeyArn": KEY}
    cloud.put("bootstrap-payflow-dev", "CREATE_COMPLETE", Outputs=outputs)
    assert run("--env", "dev")[0] == 0
    assert {each["x-amz-server-side-encryption-aws-kms-key-id"] for each in s3.headers.values()} == {KEY}


@pytest.mark.parametrize(
    ("options", "wanted", "said"),
    [
        (["--bucket", "missing"], 1, "the bucket missing does not exist: create it, or correct its name"),
        (
            ["--bucket", "artifacts", "--expected-bucket-owner", "999999999999"],
            1,
            "S3 denies to list the bucket artifacts: it is another account's, or the permission is missing",
        ),
        (
            ["--bucket", "artifacts", "--region", "us-east-1"],
            1,
            "the bucket artifacts is in eu-west-2, the stack in us-east-1: use a bucket in us-east-1",
        ),
        (["--bucket", "Artifacts"], 2, "'Artifacts' is not a bucket name: it needs 3 to 63 lower-case letters"),
        (["--bucket", "artifacts", "--sse", "AES256", "--kms-key", "k"], 2, "--kms-key goes with --sse aws:kms"),
        ([], 2, "package needs --env NAME, --bucket BUCKET, --out FOLDER, or some of them"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(
    run: Run, s3: StandIn, options: list[str], wanted: int, said: str
) -> None:
    status, _, err = run(*options)
    assert (status, said in err) == (wanted, True), err
    assert s3.requests["PUT"] == 0


def test_the_region_of_the_file_is_the_one_of_the_urls(run: Run, s3: StandIn) -> None:
    settings('region = "eu-west-2"\nbucket = "artifacts"')
    s3.region = "us-east-1"
    status, _, err = run("--env", "dev")
    assert (status, "is in us-east-1, the stack in eu-west-2" in err) == (1, True)
    assert s3.requests["PUT"] == 0


def test_a_folder_needs_no_bucket_and_both_may_be_asked_for(run: Run) -> None:
    status, out, _ = run("--out", "zips", "--json")
    assert (status, json.loads(out)["files"]) == (0, ["processing.zip", "validation.zip"])
    status, out, _ = run("--bucket", "artifacts", "--out", "packaged", "--json")
    assert (status, len(json.loads(out)["changed"])) == (0, 7)
    assert "artifacts" in Path("packaged/functions.json").read_text()


@contextmanager
def by_itself(s3: StandIn, folder: Path, before: str = "") -> Iterator[subprocess.Popen[str]]:
    """The command as a process of its own: this one has threads, beside which nothing is begun ahead.

    It listens to Ctrl-C also where the tests run in a shell's background, which ignores it. The block ends it.
    """
    program = (
        "import signal, sys\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"from payflow_cfn.cli.main import main\n{before}\nsys.exit(main(sys.argv[1:]))"
    )
    keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "test")
    found = {"HOME": str(folder), "AWS_ENDPOINT_URL_S3": s3.url, "NO_PROXY": "127.0.0.1", "PYTHONPATH": SOURCE}
    with subprocess.Popen(
        [sys.executable, "-c", program, "package", "--bucket", "artifacts", "--region", "eu-west-2"],
        env={**os.environ, **keys, **found},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.slow
def test_artifacts_from_the_forked_process_are_the_same(s3: StandIn, tmp_path: Path) -> None:
    with by_itself(s3, tmp_path) as first:
        assert first.communicate()[0].endswith("9 uploaded, 0 there already\n")
    assert first.returncode == 0
    zips = {key: body for key, body in s3.objects.items() if key.endswith(".zip")}
    assert zips == {f"payflow/{each.key}": each.build().body for each in build.set_artifacts(build_set(Settings()))}
    with by_itself(s3, tmp_path) as second:
        assert second.communicate()[0].endswith("0 uploaded, 9 there already\n")
    assert dict(s3.requests) == {"LIST": 2, "PUT": 9}


@pytest.mark.slow
@pytest.mark.parametrize("ahead", [True, False])
def test_a_zip_that_cannot_be_built_is_one_line_and_no_template_is_sent(
    s3: StandIn, tmp_path: Path, ahead: bool
) -> None:
    affinity = {0, 1} if ahead else {0}
    broken = (
        "import os\nfrom payflow_cfn.artifacts import build as pending\nfrom payflow_cfn.errors import PackageError\n"
        f"os.sched_getaffinity = lambda _: {affinity}\n"
        "def read(pins):\n    raise PackageError('no such thing', remedy='install it')\npending.read_vendored = read"
    )
    with by_itself(s3, tmp_path, broken) as process:
        assert process.communicate() == ("", "error: no such thing: install it\n")
    assert process.returncode == 1
    assert dict(s3.requests) == {"LIST": 1}


@pytest.mark.slow
def test_an_interrupt_leaves_no_process(s3: StandIn, tmp_path: Path) -> None:
    asked, answer = threading.Event(), threading.Event()

    def wait() -> None:
        asked.set()
        answer.wait()

    s3.before = wait
    try:
        with by_itself(s3, tmp_path) as process:
            asked.wait()
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
            assert process.communicate()[1].split() == ["stopped"]
            assert process.returncode == 1
            with pytest.raises(ProcessLookupError):
                os.killpg(process.pid, 0)
    finally:
        answer.set()
