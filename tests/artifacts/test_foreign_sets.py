"""Sets that were made elsewhere: which files are read, and what a folder or a file of a root is."""

from __future__ import annotations

from pathlib import Path

import pytest

from payflow_cfn.artifacts.set_folder import find_set, read_texts
from payflow_cfn.artifacts.template_set import read_set, write_set
from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import FilesError, PayflowError
from payflow_cfn.stacks.render import build_set

LEAF = "Parameters:\n  Stage: {Type: String}\nResources:\n  T: {Type: AWS::SNS::Topic}\n"


def nests(*urls: str) -> str:
    kind = "Type: AWS::CloudFormation::Stack"
    stacks = [f"  S{index}: {{{kind}, Properties: {{TemplateURL: {url}}}}}" for index, url in enumerate(urls)]
    return "\n".join(["Resources:", *stacks, ""])


def put(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("name", ["main.yaml", "main.yml", "main.template"])
def test_yaml_of_any_name_is_a_set(tmp_path: Path, name: str) -> None:
    put(tmp_path / "set", {name: LEAF, "buildspec.yml": "steps: []", "parameters.json": "{}", ".cfnlintrc.yaml": LEAF})
    assert find_set(tmp_path) == str(tmp_path / "set")
    found = read_set(tmp_path, verify=False)
    assert (found.templates, found.folder) == ({name: LEAF}, str(tmp_path / "set"))
    assert set(found.parameters) == {"Stage"}


def test_json_in_a_file_of_another_name_is_read(tmp_path: Path) -> None:
    put(tmp_path, {"main.template": '\ufeff\r\n{\r\n\t"Resources": {}\r\n}'})
    assert read_set(tmp_path, verify=False).root == {"Resources": {}}


def test_a_rendered_set_that_was_moved_into_folders_or_has_more_templates_is_read(tmp_path: Path) -> None:
    write_set(build_set(Settings()), str(tmp_path))
    (tmp_path / "nested").mkdir()
    (tmp_path / "storage.json").rename(tmp_path / "nested" / "storage.json")
    put(tmp_path, {"more.yaml": LEAF, "values.yaml": "a: 1"})
    edited = (tmp_path / "root.json").read_text().replace("./storage.json", "./nested/storage.json")
    (tmp_path / "root.json").write_text(edited)
    found = read_set(tmp_path, verify=False)
    assert {"nested/storage.json", "more.yaml"} <= set(found.templates)
    assert not {"values.yaml", "storage.json", "manifest.json"} & set(found.templates)
    assert found.version


@pytest.mark.parametrize("is_rendered", [True, False])
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("bad.yaml", "Resources:\n  A: [\n", "bad.yaml:3: not YAML: "),
        (
            "bad.json",
            '{"Resources": {\n,',
            "bad.json:2 is not JSON: Expecting property name .*: render the set again, or ",
        ),
    ],
)
def test_a_broken_template_is_an_error_with_its_line(
    name: str, text: str, said: str, is_rendered: bool, tmp_path: Path
) -> None:
    if is_rendered:
        write_set(build_set(Settings()), str(tmp_path))
    put(tmp_path, {name: text, "beside.yaml": LEAF})
    with pytest.raises(FilesError, match=said):
        read_texts(tmp_path)


def test_templates_below_are_read_where_a_template_names_them(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "main.yaml": nests("https://b/infra/vpc.yaml", "./services/a/service.yml", "https://b/only/x.yaml"),
            "beside.yaml": LEAF,
            "infra/vpc.yaml": nests("https://b/infra/deep/subnet.template"),
            "infra/deep/subnet.template": LEAF,
            "services/a/service.yml": LEAF,
            "services/b/service.yml": LEAF,
            "node_modules/only/x.yaml": LEAF,
            ".git/only/x.yaml": LEAF,
        },
    )
    read = ["beside.yaml", "infra/deep/subnet.template", "infra/vpc.yaml", "main.yaml", "services/a/service.yml"]
    assert list(read_texts(tmp_path)[1]) == read


def test_the_file_of_a_root_is_a_set_of_what_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"one.yaml": nests("./vpc.yaml"), "two.yaml": nests("./vpc.yaml"), "vpc.yaml": LEAF})
    assert list(read_set(tmp_path / "two.yaml", verify=False).templates) == ["two.yaml", "vpc.yaml"]
    monkeypatch.chdir(tmp_path)
    found = read_set("one.yaml", verify=False)
    assert (list(found.templates), found.folder) == (["one.yaml", "vpc.yaml"], ".")
    with pytest.raises(FilesError, match="is a file, not the folder"):
        read_set("one.yaml")


def test_a_link_to_a_nested_template_is_refused(tmp_path: Path) -> None:
    put(tmp_path, {"set/main.yaml": nests("./a.yaml"), "elsewhere.yaml": LEAF})
    (tmp_path / "set" / "a.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    with pytest.raises(FilesError, match=r"a\.yaml is a symbolic link"):
        read_set(tmp_path / "set", verify=False)


def test_a_template_that_is_not_yaml_is_one_line_with_its_file(tmp_path: Path) -> None:
    put(tmp_path, {"main.yaml": "Resources:\n  A: 1\n  A: 2\n"})
    with pytest.raises(FilesError, match=r"^main\.yaml:3: the key 'A' stands there twice, first in line 2: keep one$"):
        read_set(tmp_path, verify=False)


STACK = "Type: AWS::CloudFormation::Stack"
DEEP = "[" * 900 + "]" * 900


@pytest.mark.parametrize(
    "text",
    [
        "Resources:\n  A: 1\n",
        f"Resources:\n  A: {{{STACK}, Properties: }}\n",
        f"Parameters: {{A: }}\nResources:\n  A: {{{STACK}, Properties: {{TemplateURL: !Ref A}}}}\n",
        f"Resources:\n  A: {{{STACK}, Properties: {{TemplateURL: [a, {{b: c}}]}}}}\nConditions:\n",
        f'{{"Resources": {{"A": {{"Properties": {{"TemplateURL": {DEEP}}}, "Type": "AWS::CloudFormation::Stack"}}}}}}',
    ],
)
def test_a_text_that_is_no_template_is_one_line_when_it_is_checked(tmp_path: Path, text: str) -> None:
    put(tmp_path, {"main.yaml": text})
    found = read_set(tmp_path, verify=False)
    with pytest.raises(PayflowError, match=r"^main\.yaml is not a template: "):
        parse_set(found.templates)


def test_a_folder_of_countless_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"main.yaml": LEAF, **{f"below/{each}.json": "" for each in range(4)}})
    monkeypatch.setattr("payflow_cfn.artifacts.set_folder.MOST_FILES", 3)
    with pytest.raises(FilesError, match="holds more than 3 files: name the folder of one set"):
        read_set(tmp_path, verify=False)
