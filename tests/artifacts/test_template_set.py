"""A set is one value: what is written and read again equals what was built, and nothing else is read as a set."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from payflow_cfn.artifacts.build import set_artifacts
from payflow_cfn.artifacts.manifest import manifest_text
from payflow_cfn.artifacts.template_set import TemplateSet, read_set, write_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import FilesError
from payflow_cfn.stacks.render import build_set

SET = build_set(Settings())
OTHER = build_set(
    Settings(runtime="python3.13", architecture="arm64", stripe=True, tags={"Owner": "Treasury", "Team": "pay"})
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_set(SET, str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("made", [SET, OTHER], ids=["as described", "other settings"])
def test_what_is_written_is_read_and_means_the_same(made: TemplateSet, tmp_path: Path) -> None:
    changed = write_set(made, str(tmp_path))
    assert set(changed) == set(made.files)
    found = read_set(tmp_path)
    assert found == made
    assert found.folder == str(tmp_path)
    assert (found.version, found.artifacts) == (made.version, made.artifacts)
    keys = [each.key for each in set_artifacts(made)]
    assert [each.key for each in set_artifacts(found)] == keys
    assert [each.partition("-")[0] for each in keys] == ["validation", "processing"]


def test_the_facts_of_a_set_are_those_of_its_settings() -> None:
    fixed = {"CostCenter": "Engineering", "DataClassification": "Sensitive"}
    assert SET.tags == {**fixed, "Owner": "PaymentTeam"}
    assert OTHER.tags == {**fixed, "Owner": "Treasury", "Team": "pay"}
    assert (SET.runtimes, OTHER.runtimes) == (["python3.11"], ["python3.13"])
    assert SET.platform_of("validation") == ("python3.11", "x86_64")
    assert OTHER.platform_of("processing") == ("python3.13", "arm64")
    assert OTHER.distributions - SET.distributions == {"stripe"}
    assert "GatewayAdapter" in SET.parameters
    with pytest.raises(FilesError, match="no function of the set has the code of refunds"):
        SET.platform_of("refunds")


def marked(folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def appended(folder: Path, name: str) -> None:
    with (folder / name).open("a") as file:
        file.write(" ")


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda folder: appended(folder, "storage.json"), "storage.json was changed"),
        (lambda folder: marked(folder, "storage.json"), "storage.json was changed"),
        (lambda folder: appended(folder, "sbom/validation.cdx.json"), "sbom/validation.cdx.json was changed"),
        (lambda folder: (folder / "root.json").unlink(), "root.json is missing"),
        (lambda folder: (folder / "sbom/processing.cdx.json").unlink(), "sbom/processing.cdx.json is missing"),
        (lambda folder: (folder / "extra.json").write_text("{}"), "extra.json is not in it"),
        (lambda folder: (folder / "NOTES.md").write_text("x"), "NOTES.md is not in it"),
        (lambda folder: (folder / "manifest.json").unlink(), "has no manifest.json: name a folder that render wrote"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "manifest.json:1 is not JSON"),
        (
            lambda folder: (folder / "manifest.json").write_text("{}"),
            "manifest.json cannot be used, its format is None",
        ),
    ],
)
def test_a_file_that_is_not_as_the_manifest_says_is_refused_by_name(
    edit: Callable[[Path], object], said: str, folder: Path
) -> None:
    edit(folder)
    with pytest.raises(FilesError) as caught:
        read_set(folder)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_file_that_differs_is_named(folder: Path) -> None:
    for name in ("storage.json", "workflow.json"):
        appended(folder, name)
    (folder / "root.json").unlink()
    with pytest.raises(
        FilesError, match=r"root.json is missing, storage.json was changed, workflow.json was changed: "
    ):
        read_set(folder)


@pytest.mark.parametrize(
    "text",
    ["[]", "1", '{"Parameters": []}', '{"Resources": {"A": 1}}', '{"Resources": {"A": {"Properties": []}}}'],
)
def test_what_is_no_template_is_one_line(text: str) -> None:
    with pytest.raises(
        FilesError, match=r"^root\.json is not a template: render the set again, or correct or remove a file"
    ):
        _ = TemplateSet({"root.json": text}).parameters


def test_a_set_without_a_root_is_refused_though_its_manifest_is_right(tmp_path: Path) -> None:
    texts = {"main.json": '{"Resources": {}}'}
    manifest = manifest_text(texts, version="1", artifacts=[], bills={})
    write_set(TemplateSet(texts, {}, manifest), str(tmp_path))
    with pytest.raises(FilesError, match=r"root\.json is missing"):
        read_set(tmp_path)


def test_a_link_in_place_of_a_file_is_refused(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    real = (folder / "root.json").rename(tmp_path_factory.mktemp("elsewhere") / "root.json")
    (folder / "root.json").symlink_to(real)
    with pytest.raises(FilesError, match=r"root\.json is (not a regular file|a symbolic link)"):
        read_set(folder)


def test_what_lies_in_folders_below_is_no_part_of_the_set(folder: Path) -> None:
    (folder / "parameters").mkdir()
    (folder / "parameters" / "dev.json").write_text("{}")
    assert read_set(folder) == SET


def test_an_edited_set_is_read_as_it_is_when_it_is_not_to_be_verified(folder: Path) -> None:
    (folder / "storage.json").write_text('{"Resources": {}}')
    (folder / "manifest.json").write_text("mine")
    found = read_set(folder, verify=False)
    assert found.templates["storage.json"] == '{"Resources": {}}'
    assert (found.manifest, set(found.templates)) == ("mine", set(SET.templates))


@pytest.mark.parametrize("path", ["sbom/extra.cdx.json", "artifacts/extra.zip", "artifacts/deeper/validation.zip"])
def test_a_file_that_was_added_to_a_folder_of_the_set_is_refused(folder: Path, path: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text("{}")
    with pytest.raises(FilesError, match=f"{path} is not in it"):
        read_set(folder)


def test_the_zips_of_a_set_may_be_beside_it(folder: Path) -> None:
    write_set(SET, str(folder), zips=dict.fromkeys(SET.artifacts, b"zip"))
    assert read_set(folder) == SET


@pytest.mark.parametrize("removed", ["the list", "the files too"])
def test_a_manifest_without_bills_of_materials_is_refused(folder: Path, removed: str) -> None:
    manifest = json.loads(SET.manifest)
    del manifest["bills"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    if removed == "the files too":
        for path in SET.bills:
            (folder / path).unlink()
    with pytest.raises(
        FilesError, match=r"sbom/processing.cdx.json is not in it, sbom/validation.cdx.json is not in it"
    ):
        read_set(folder)
