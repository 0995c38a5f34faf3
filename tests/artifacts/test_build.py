"""The real artifacts: the same bytes whatever the disk looks like, and they run in an empty folder."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from payflow_cfn.artifacts import folders
from payflow_cfn.artifacts.build import build_artifact, read_vendored, set_artifacts
from payflow_cfn.artifacts.folders import read_sources
from payflow_cfn.artifacts.identities import artifact_inputs
from payflow_cfn.artifacts.manifest import Inputs
from payflow_cfn.artifacts.package import Artifact
from payflow_cfn.artifacts.shipped import shipped_folder
from payflow_cfn.artifacts.template_set import read_set, write_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import PackageError
from payflow_cfn.stacks.render import build_set

MB = 1_000_000


def copied(folder: Path) -> Path:
    """The shipped sources in another folder, with a handler for each function."""
    shutil.copytree(shipped_folder("lambdas"), folder, ignore=shutil.ignore_patterns("__pycache__"))
    for function in ("validation", "processing"):
        handler = folder / function / "handler.py"
        if not handler.exists():
            handler.write_text("def handle(event: object, context: object) -> object:\n    return event\n")
    return folder


def digests(folder: Path) -> dict[str, tuple[str, str]]:
    built = [packaged(each, folder) for each in artifact_inputs(folder=str(folder))]
    return {each.name: (each.identity, hashlib.sha256(each.body).hexdigest()) for each in built}


def packaged(inputs: Inputs, folder: Path) -> Artifact:
    return build_artifact(inputs, read_sources(inputs.name, folder=str(folder)))


def test_two_builds_are_the_same_whatever_the_clock_the_umask_and_the_caches_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = digests(copied(tmp_path / "one"))
    before = os.umask(0o077)
    try:
        other = copied(tmp_path / "elsewhere" / "two")
    finally:
        os.umask(before)
    for number, path in enumerate(sorted(other.rglob("*.py"))):
        path.chmod((0o600, 0o640, 0o400)[number % 3])
        os.utime(path, (0, 0))
    (other / "payments" / "__pycache__").mkdir()
    (other / "payments" / "__pycache__" / "x.pyc").write_bytes(b"x")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LANG", "C")
    time.tzset()
    try:
        assert digests(other) == first
    finally:
        monkeypatch.undo()
        time.tzset()


def test_one_changed_byte_makes_another_artifact(tmp_path: Path) -> None:
    folder = copied(tmp_path / "one")
    first = digests(folder)
    with (folder / "processing" / "handler.py").open("a") as file:
        file.write("#")
    second = digests(folder)
    assert second["validation"] == first["validation"]
    assert second["processing"][0] != first["processing"][0]
    assert second["processing"][1] != first["processing"][1]


def test_the_inputs_know_the_identity_before_anything_is_built(tmp_path: Path) -> None:
    folder = copied(tmp_path / "one")
    inputs = artifact_inputs(folder=str(folder))
    assert [each.identity for each in inputs] == [packaged(each, folder).identity for each in inputs]


def test_a_source_that_changes_while_packaging_is_noticed(tmp_path: Path) -> None:
    folder = copied(tmp_path / "one")
    inputs = artifact_inputs(folder=str(folder))
    (folder / "payments" / "late.py").write_text("")
    with pytest.raises(PackageError, match="the sources of validation changed while they were packaged"):
        packaged(inputs[0], folder)


def test_an_artifact_is_under_3_mb_and_works_with_nothing_else_installed(tmp_path: Path) -> None:
    folder = str(copied(tmp_path / "one"))
    inputs = artifact_inputs(folder=folder)[1]
    artifact = build_artifact(inputs, read_sources(inputs.name, folder=folder))
    assert artifact.size < 3 * MB
    task = tmp_path / "task"
    with zipfile.ZipFile(io.BytesIO(artifact.body)) as archive:
        archive.extractall(task)
    program = (
        "from aws_lambda_powertools import Logger, Metrics\n"
        "from aws_lambda_powertools.metrics import MetricUnit\n"
        "Logger(service='x').info({'event': 'e'})\n"
        "metrics = Metrics(namespace='N', service='s')\n"
        "metrics.add_metric(name='M', unit=MetricUnit.Count, value=1)\n"
        "metrics.flush_metrics()\n"
        "import payments, processing\n"
        "import sys\n"
        "files = [str(getattr(module, '__file__', '')) for module in sys.modules.values()]\n"
        "print({each.split('/task/')[1].split('/')[0] for each in files if '/task/' in each})\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(task)!r})\n{program}"],
        capture_output=True,
        text=True,
        check=True,
        env={},
    )
    assert '"event":"e"' in done.stdout
    assert "aws_lambda_powertools" in done.stdout.splitlines()[-1]
    assert "jmespath" in done.stdout.splitlines()[-1]


def test_the_stripe_sdk_is_in_the_processing_artifact_only() -> None:
    names = {each.name: [pin.name for pin in each.pins] for each in artifact_inputs(sdks=("stripe",))}
    assert "stripe" in names["processing"]
    assert "stripe" not in names["validation"]


def test_everything_vendored_is_plain_python() -> None:
    assert {Path(path).suffix for path in read_vendored() if ".dist-info/" not in path} <= {".py", ".typed"}


def test_a_set_in_a_folder_without_zips_is_built_from_the_same_sources_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = build_set(Settings())
    write_set(made, str(tmp_path / "set"))
    found = read_set(tmp_path / "set")
    assert [each.build() for each in set_artifacts(found)] == [each.build() for each in set_artifacts(made)]
    sources = copied(tmp_path / "others")
    with (sources / "processing" / "handler.py").open("a") as file:
        file.write("#")
    monkeypatch.setattr(folders, "shipped_folder", lambda _: str(sources))
    validation, processing = set_artifacts(found)
    assert validation.build().identity == validation.identity
    with pytest.raises(PackageError) as caught:
        processing.build()
    where = f"{tmp_path}/set has no artifacts/processing.zip, and the installed sources are not those of it"
    assert str(caught.value) == f"{where}: render the set with --artifacts, or install the payflow_cfn that rendered it"
