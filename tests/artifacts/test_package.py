"""The artifacts: the same bytes from every build, readable in Lambda, refused where they could not run."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow_cfn.artifacts.bytecode import builds_bytecode_for
from payflow_cfn.artifacts.digest import LIMIT_UNZIPPED, LIMIT_ZIPPED, artifact_identity
from payflow_cfn.artifacts.package import package_function, zip_bytes
from payflow_cfn.errors import PackageError

SOURCES = {
    "validation/__init__.py": b"",
    "validation/handler.py": b"import json\nfrom payments import money, rules\n\n\ndef handle(event, context): ...\n",
    "payments/__init__.py": b"",
    "payments/money.py": b"from decimal import Decimal\n",
    "payments/rules.py": b"",
}
VENDORED = {"vendored_thing.py": b"VALUE = 1\n", "vendored_thing-1.0.dist-info/METADATA": b"Name: vendored_thing\n"}

# Few letters, so that one path is often the beginning of another.
names = ("a.py", "a.txt", "ab.py", "ab.txt", "b.py")
paths = st.sampled_from([f"{folder}{name}" for folder in ("", "a/", "a/b/", "ab/") for name in names])
contents = st.dictionaries(paths, st.binary(max_size=200), max_size=8)


def opened(body: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(body))


@given(contents)
def test_a_zip_gives_back_what_went_in(files: dict[str, bytes]) -> None:
    with opened(zip_bytes(files)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files


@given(contents, st.randoms())
def test_the_order_of_the_files_does_not_matter(files: dict[str, bytes], random: object) -> None:
    shuffled = list(files.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert zip_bytes(dict(shuffled)) == zip_bytes(files)


@given(contents, contents)
def test_a_zip_onto_another_holds_both_and_its_directory_is_sorted(
    ours: dict[str, bytes], more: dict[str, bytes]
) -> None:
    theirs = {f"vendored/{path}": body for path, body in more.items()}
    with opened(zip_bytes(ours, onto=zip_bytes(theirs))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted([*ours, *theirs])
        assert {name: archive.read(name) for name in archive.namelist()} == {**ours, **theirs}


def test_what_two_artifacts_carry_is_the_same_bytes_in_both() -> None:
    artifacts = []
    for name in ("validation", "processing"):
        sources = {f"{name}/__init__.py": b"", f"{name}/handler.py": b"def handle(event, context): return event\n"}
        artifacts.append(package_function(name, sources, vendored={"lib.py": b"A = %d\n" % 1, "lib.txt": b"x" * 1000}))
    shared = zip_bytes({"lib.txt": b"x" * 1000}).partition(b"PK\1\2")[0]
    assert all(shared in each.body for each in artifacts)


def test_every_entry_is_a_plain_readable_file_of_1980() -> None:
    artifact = package_function("validation", SOURCES, vendored=VENDORED)
    with opened(artifact.body) as archive:
        entries = archive.infolist()
    assert {(each.date_time, each.external_attr >> 16, each.create_system, each.extra) for each in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644, 3, b"")
    }
    names = [each.filename for each in entries]
    assert names == sorted(names)
    assert not [name for name in names if name.endswith("/") or "\\" in name]


def test_a_zip_from_windows_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    here = zip_bytes(SOURCES)
    monkeypatch.setattr("sys.platform", "win32")
    assert zip_bytes(SOURCES) == here


def test_compiled_code_for_another_platform_does_not_get_in() -> None:
    with pytest.raises(PackageError, match=r"fast\.cpython-311-darwin\.so \(built for darwin\)"):
        package_function("validation", SOURCES, vendored={"fast.cpython-311-darwin.so": b""})


def test_an_artifact_counts_what_it_holds() -> None:
    artifact = package_function("validation", SOURCES, vendored=VENDORED)
    with opened(artifact.body) as archive:
        entries = archive.infolist()
    assert artifact.files == len(entries)
    assert artifact.unzipped == sum(each.file_size for each in entries)
    assert artifact.size == len(artifact.body)
    assert artifact.key == f"validation-{artifact.identity}.zip"
    assert repr(artifact).startswith("Artifact(name='validation'")
    assert "body" not in repr(artifact)


def test_bytecode_goes_in_only_for_the_runtime_of_this_python() -> None:
    mine = next(each for each in ("python3.11", "python3.12", "python3.13", "python3.14") if builds_bytecode_for(each))
    other = "python3.12" if mine != "python3.12" else "python3.13"
    with opened(package_function("validation", SOURCES, vendored=VENDORED, runtime=mine).body) as archive:
        with_bytecode = [name for name in archive.namelist() if name.endswith(".pyc")]
    with opened(package_function("validation", SOURCES, vendored=VENDORED, runtime=other).body) as archive:
        without = [name for name in archive.namelist() if name.endswith(".pyc")]
    assert len(with_bytecode) == 6
    assert without == []


def test_the_identity_does_not_depend_on_the_builder() -> None:
    artifact = package_function("validation", SOURCES, vendored=VENDORED)
    assert artifact.identity == artifact_identity("validation", SOURCES)


def test_a_missing_handler_is_refused_before_anything_is_built() -> None:
    elsewhere = {"src/validation/handler.py": b"", "payments/__init__.py": b""}
    with pytest.raises(PackageError, match=r"validation has no validation/handler\.py at its root"):
        package_function("validation", elsewhere, vendored={})


def test_a_file_of_ours_that_hides_a_vendored_one_is_refused() -> None:
    with pytest.raises(PackageError, match=r"vendored_thing\.py would be in the artifact twice"):
        package_function("validation", {**SOURCES, "vendored_thing.py": b""}, vendored=VENDORED)


def test_an_import_that_lambda_could_not_resolve_is_refused_by_name() -> None:
    sources = {
        **SOURCES,
        "payments/rules.py": b"import yaml\nfrom vendored_thing.part import x\nimport vendored_thing\n",
    }
    with pytest.raises(PackageError) as caught:
        package_function("validation", sources, vendored=VENDORED)
    assert caught.value.data["imports"] == ["payments/rules.py: vendored_thing.part", "payments/rules.py: yaml"]


@pytest.mark.parametrize(
    "text",
    [
        b"import boto3\nfrom botocore.config import Config\n",
        b"from __future__ import annotations\nimport os.path\n",
        b"from . import money\nfrom .money import Decimal\n",
        b"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import yaml\n",
        b"import typing\nif typing.TYPE_CHECKING:\n    import yaml\n",
        b"def adapter():\n    import stripe\n    return stripe\n",
        b"import payments.money\nimport vendored_thing\n",
        b"from payments.money import nothing_of_the_kind\n",
    ],
)
def test_these_imports_are_found(text: bytes) -> None:
    assert package_function("validation", {**SOURCES, "payments/rules.py": text}, vendored=VENDORED).files


@pytest.mark.parametrize("text", [b"if True:\n    import yaml\n", b"class A:\n    import yaml\n", b"import yaml, os\n"])
def test_these_imports_run_when_the_module_is_loaded(text: bytes) -> None:
    with pytest.raises(PackageError, match=r"imports that would fail in Lambda: payments/rules\.py: yaml"):
        package_function("validation", {**SOURCES, "payments/rules.py": text}, vendored=VENDORED)


@pytest.mark.parametrize("line", [b"import payments.rates", b"from payments import rates", b"from . import rates"])
def test_imports_are_followed_through_our_own_modules(line: bytes) -> None:
    sources = {**SOURCES, "payments/rules.py": line, "payments/rates.py": b"import yaml\n"}
    with pytest.raises(PackageError, match=r"payments/rates\.py: yaml"):
        package_function("validation", sources, vendored=VENDORED)


def test_a_package_of_ours_runs_its_own_file_first() -> None:
    sources = {**SOURCES, "payments/__init__.py": b"import yaml\n"}
    with pytest.raises(PackageError, match=r"payments/__init__\.py: yaml"):
        package_function("validation", sources, vendored=VENDORED)


def test_a_module_that_only_an_adapter_loads_may_import_its_sdk() -> None:
    sources = {
        **SOURCES,
        "payments/rules.py": b"def adapter():\n    from payments import client\n    return client\n",
        "payments/client.py": b"import stripe\n",
    }
    assert package_function("validation", sources, vendored=VENDORED).files


@pytest.mark.parametrize("text", [b"def f(:\n", b"x = '\0'\n", b"\xff\xfe"])
def test_a_source_that_is_not_python_is_named(text: bytes) -> None:
    with pytest.raises(PackageError, match=r"payments/rules\.py is not Python"):
        package_function("validation", {**SOURCES, "payments/rules.py": text}, vendored=VENDORED)


def test_the_unzipped_limit_is_lambdas_250_mb() -> None:
    too_much = {"big.bin": bytes(LIMIT_UNZIPPED + 1 - sum(map(len, SOURCES.values())))}
    with pytest.raises(PackageError, match="has 262144001 bytes unzipped, Lambda allows 262144000"):
        package_function("validation", SOURCES, vendored=too_much, runtime="python2.7")


def test_the_zipped_limit_is_50_mb(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LIMIT_ZIPPED == 52_428_800
    monkeypatch.setattr("payflow_cfn.artifacts.package.LIMIT_ZIPPED", 100)
    with pytest.raises(PackageError, match="bytes zipped, Lambda allows 100"):
        package_function("validation", SOURCES, vendored=VENDORED)
