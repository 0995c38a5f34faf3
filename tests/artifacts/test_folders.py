"""Sources and template sets on the disk: what is read is what is meant, what is written is whole."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow_cfn.artifacts.folders import Difference, differences, read_sources, write_folder
from payflow_cfn.artifacts.manifest import manifest_text
from payflow_cfn.artifacts.shipped import shipped_folder
from payflow_cfn.disk import read_templates
from payflow_cfn.errors import FilesError


def rendered(**texts: str) -> dict[str, str]:
    """A set of templates with its manifest; `a="{}"` is the file a.json."""
    templates = {f"{name}.json": text for name, text in texts.items()}
    return {**templates, "manifest.json": manifest_text(templates, version="1.0.0", artifacts=[], bills={})}


def lambdas(folder: Path, **files: str) -> str:
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(folder)


def test_the_checkouts_folders_are_found() -> None:
    top = Path(__file__).parents[2]
    assert Path(shipped_folder("lambdas")) == top / "lambdas"
    assert Path(shipped_folder("templates")) == top / "templates"


@pytest.mark.parametrize("function", ["validation", "processing"])
def test_the_shipped_sources_are_the_functions_own_package_and_the_shared_one(function: str) -> None:
    sources = read_sources(function)
    assert list(sources) == sorted(sources)
    assert {path.partition("/")[0] for path in sources} == {function, "payments"}
    assert all(path.endswith(".py") for path in sources)


def test_sources_are_the_modules_and_nothing_that_tools_left(tmp_path: Path) -> None:
    folder = lambdas(
        tmp_path, validation__handler="1", payments__money="2", payments__gateways__http="3", processing__x="4"
    )
    (tmp_path / "payments" / "__pycache__").mkdir()
    (tmp_path / "payments" / "__pycache__" / "money.cpython-311.pyc").write_bytes(b"x")
    (tmp_path / "payments" / ".money.py.swp").write_bytes(b"x")
    assert read_sources("validation", folder=folder) == {
        "payments/gateways/http.py": b"3",
        "payments/money.py": b"2",
        "validation/handler.py": b"1",
    }


def test_a_source_that_would_be_missing_in_lambda_is_refused(tmp_path: Path) -> None:
    folder = lambdas(tmp_path, validation__handler="1", payments__money="2")
    (tmp_path / "payments" / "rates.csv").write_text("1")
    with pytest.raises(FilesError, match=r"holds files that are not Python modules: rates\.csv"):
        read_sources("validation", folder=folder)


def test_a_link_among_the_sources_is_refused(tmp_path: Path) -> None:
    folder = lambdas(tmp_path, validation__handler="1", payments__money="2")
    (tmp_path / "payments" / "more.py").symlink_to("/etc/hostname")
    with pytest.raises(FilesError, match=r"more\.py is a symbolic link"):
        read_sources("validation", folder=folder)


def test_a_missing_function_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match=r"cannot list .*payments: No such file or directory"):
        read_sources("validation", folder=str(tmp_path))


def test_a_written_set_is_read_back(tmp_path: Path) -> None:
    files = rendered(storage='{"a": "ü"}\n', root="{}\n")
    assert write_folder(str(tmp_path), files) == ("root.json", "storage.json", "manifest.json")
    assert read_templates(tmp_path) == files
    assert (tmp_path / "storage.json").read_bytes() == '{"a": "ü"}\n'.encode()


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True), st.text(max_size=50), max_size=4))
@pytest.mark.slow
def test_every_set_is_read_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, texts: dict[str, str]
) -> None:
    texts.pop("manifest", None)
    folder = str(tmp_path_factory.mktemp("set"))
    valid = {name: text.encode(errors="replace").decode() for name, text in texts.items()}
    write_folder(folder, rendered(**valid))
    assert read_templates(folder) == rendered(**valid)
    assert differences(folder, rendered(**valid)) == ()


def test_writing_the_same_set_again_changes_nothing(tmp_path: Path) -> None:
    write_folder(str(tmp_path), rendered(a="1"))
    assert write_folder(str(tmp_path), rendered(a="1")) == ()


def test_a_template_that_left_the_set_is_removed_and_nothing_else_is(tmp_path: Path) -> None:
    write_folder(str(tmp_path), {**rendered(a="1", b="2", edited="3"), "artifacts/validation.zip": b"zip"})
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "edited.json").write_text("changed by hand")
    assert write_folder(str(tmp_path), rendered(a="1")) == ("manifest.json", "b.json")
    assert sorted(os.listdir(tmp_path)) == ["a.json", "artifacts", "edited.json", "manifest.json", "notes.txt"]


def test_a_hostile_manifest_removes_nothing_outside_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    write_folder(str(folder), rendered(a="1"))
    victim = tmp_path / "victim.json"
    victim.write_text("{}")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["templates"]["../victim.json"] = json.loads(rendered(x="{}")["manifest.json"])["templates"]["x.json"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    write_folder(str(folder), rendered(b="2"))
    assert victim.read_text() == "{}"
    assert (folder / "b.json").read_text() == "2"


def test_a_manifest_behind_a_link_is_refused(tmp_path: Path) -> None:
    write_folder(str(tmp_path / "real"), rendered(a="1"))
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "manifest.json").symlink_to(tmp_path / "real" / "manifest.json")
    with pytest.raises(FilesError, match="symbolic link"):
        write_folder(str(tmp_path / "set"), rendered(b="1"))
    assert read_templates(tmp_path / "real") == rendered(a="1")


def test_a_path_out_of_the_folder_is_never_written(tmp_path: Path) -> None:
    for path in ("../x.json", "/tmp/x.json", "a/../../x.json"):
        with pytest.raises(FilesError, match="is not allowed in a template set"):
            write_folder(str(tmp_path / "set"), {"a.json": "1", path: "2"})
    assert not (tmp_path / "set").exists()


def test_differences_name_every_file_and_the_first_line(tmp_path: Path) -> None:
    write_folder(str(tmp_path), rendered(a="1\n2\n", b="1\n", c="1\n"))
    (tmp_path / "more.json").write_text("")
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts" / "validation.zip").write_bytes(b"zip")
    new = rendered(a="1\n3\n", b="1\n2\n", d="1\n")
    new["manifest.json"] = (tmp_path / "manifest.json").read_text()
    assert differences(str(tmp_path), new) == (
        Difference("a.json", "changed", 2),
        Difference("b.json", "changed", 2),
        Difference("c.json", "extra"),
        Difference("d.json", "missing"),
        Difference("more.json", "extra"),
    )


def test_a_folder_that_is_not_there_misses_everything(tmp_path: Path) -> None:
    assert differences(str(tmp_path / "none"), {"a.json": "1"}) == (Difference("a.json", "missing"),)
