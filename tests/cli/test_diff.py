"""Test `diff`: folders, versions and deployed environments, with the exit status of each case."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from fake_cloudformation import FakeCloudFormation
from payflow_cfn.cli.main import main
from payflow_cfn.cli.session import Connect
from payflow_cfn.version import TEMPLATE_VERSION
from sessions import with_client

SHIPPED = Path(__file__).parents[2] / "templates" / TEMPLATE_VERSION


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, with a copy of the set in `new`."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(SHIPPED, tmp_path / "new")
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def run(capsys: pytest.CaptureFixture[str], *arguments: str, connect: Connect | None = None) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(["diff", *arguments], connect)
    shown = capsys.readouterr()
    return status, shown.out, shown.err


@pytest.mark.usefixtures("folder")
def test_a_version_and_its_copy_are_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, TEMPLATE_VERSION, "new") == (0, "no differences\n", "")
    assert json.loads(run(capsys, TEMPLATE_VERSION, "new", "--json")[1]) == {"differs": False, "changes": []}


@pytest.mark.slow
def test_a_difference_is_status_3_and_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """O18."""
    edit(folder / "new" / "storage.json", '"AttributeType": "S"', '"AttributeType": "N"')
    status, out, _ = run(capsys, TEMPLATE_VERSION, "new")
    assert status == 3
    assert "! Storage/TransactionsTable" in out
    status, out, _ = run(capsys, TEMPLATE_VERSION, "new", "--json")
    (found,) = json.loads(out)["changes"]
    assert (status, found["path"], found["effect"]) == (3, ["Storage", "TransactionsTable"], "refused")


@pytest.mark.slow
def test_a_version_beside_us_goes_before_the_shipped_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(SHIPPED, folder / "templates" / TEMPLATE_VERSION)
    edit(folder / "templates" / TEMPLATE_VERSION / "storage.json", '"AttributeType": "S"', '"AttributeType": "B"')
    assert run(capsys, TEMPLATE_VERSION, "new")[0] == 3


@pytest.mark.usefixtures("folder")
def test_what_is_neither_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "9.9.9", "new")
    assert status == 2
    assert "deployed:9.9.9" in err


def test_a_broken_folder_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "new" / "root.json").write_text("{")
    status, out, err = run(capsys, TEMPLATE_VERSION, "new")
    assert (status, out, err.count("\n")) == (1, "", 1)


@pytest.mark.slow
def test_what_render_wrote_is_compared_without_naming_its_version(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("o1", "o2"):
        assert main(["render", "--out", name]) == 0
    assert run(capsys, "o1", "o2") == (0, "no differences\n", "")
    edit(folder / "o2" / TEMPLATE_VERSION / "storage.json", '"AttributeType": "S"', '"AttributeType": "N"')
    assert run(capsys, "o1", "o2")[0] == 3


@pytest.mark.parametrize("files", [{}, {"a.yaml": "steps: []"}, {"package.json": "{}"}])
def test_folders_without_a_set_are_never_equal(
    folder: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str]
) -> None:
    for name in ("a", "b"):
        (folder / name).mkdir()
        for file, text in files.items():
            (folder / name / file).write_text(text)
    status, out, err = run(capsys, "a", "b")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("error: no template set in a: ")


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_no_template_is_not_compared(capsys: pytest.CaptureFixture[str]) -> None:
    Path("notes.md").write_text("Resources:")
    status, out, err = run(capsys, "notes.md", "new")
    assert (status, out) == (1, "")
    assert "notes.md is a file" in err


HIDDEN = [
    ("GatewaySecret", "HasGatewaySecret", lambda made: made.update(Name="other"), "data at risk"),
    (
        # Its own condition, HasGatewaySecretPolicy, holds by default as soon as this one does.
        "GatewaySecretPolicy",
        "HasGatewaySecret",
        lambda made: made["ResourcePolicy"].update(Statement=[]),
        "access",
    ),
    ("ValidationRole", "HasBoundary", lambda made: made.pop("PermissionsBoundary"), "access"),
]


def change(folder: Path, logical_id: str, how: Any) -> None:
    """Change the properties of a resource of `new/functions.json` by hand."""
    path = folder / "new" / "functions.json"
    template = json.loads(path.read_text())
    how(template["Resources"][logical_id]["Properties"])
    path.write_text(json.dumps(template))


@pytest.mark.slow
@pytest.mark.parametrize(("logical_id", "condition", "how", "section"), HIDDEN)
def test_what_the_defaults_hide_is_shown_with_where_it_holds(
    folder: Path, capsys: pytest.CaptureFixture[str], logical_id: str, condition: str, how: Any, section: str
) -> None:
    change(folder, logical_id, how)
    status, out, err = run(capsys, TEMPLATE_VERSION, "new")
    lines = out.splitlines()
    assert (status, err, lines[0]) == (3, "", "no differences with the values at hand")
    assert f"only where Condition Functions/{condition} is true:" in lines
    assert f"  {section}:" in lines
    assert any(logical_id in line for line in lines)
    status, out, _ = run(capsys, TEMPLATE_VERSION, "new", "--json")
    found = json.loads(out)
    assert (status, found["differs"]) == (3, True)
    assert {each["only"] for each in found["changes"]} == {f"Condition Functions/{condition} is true"}
    assert logical_id in {each["path"][-1] for each in found["changes"] if each["kind"] == "resource"}


@pytest.mark.slow
def test_conditions_are_decided_by_what_is_given(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(folder, "ValidationRole", lambda made: made.pop("PermissionsBoundary"))
    (folder / "payflow.toml").write_text('[environments.qa.parameters]\nPermissionsBoundary = "team"\n')
    for options in (["--parameter", "PermissionsBoundary=team"], ["--env", "qa"]):
        status, out, err = run(capsys, TEMPLATE_VERSION, "new", *options)
        assert (status, err, out.splitlines()[0]) == (3, "", "1 changed in place")
        assert "only where" not in out
    assert "role-lambda-validation-qa has no permissions boundary any more" in out
    status, out, _ = run(capsys, TEMPLATE_VERSION, "new", "--env", "qa", "--parameter", "PermissionsBoundary=")
    assert (status, out.splitlines()[0]) == (3, "no differences with the values at hand")
    assert "role-lambda-validation-qa (AWS::IAM::Role" not in out.splitlines()[0]


@pytest.mark.slow
def test_what_a_given_value_hides_is_shown_as_such(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(folder, "GatewaySecret", lambda made: made.update(Name="other"))
    assert run(capsys, TEMPLATE_VERSION, "new", "--parameter", "PermissionsBoundary=team")[0] == 3
    assert "only where" not in run(capsys, TEMPLATE_VERSION, "new", "--parameter", "GatewayAdapter=http")[1]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--parameter", "PermisionsBoundary=x"], "neither set has a parameter PermisionsBoundary"),
        (["--parameter", "PermissionsBoundary"], "--parameter takes NAME=VALUE"),
        (["--env", "qa", "--parameter", "Environment=dev"], "--env is qa"),
    ],
)
def test_a_value_that_cannot_be_meant_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    status, out, err = run(capsys, TEMPLATE_VERSION, "new", *options)
    assert (status, out) == (2, "")
    assert said in err


@pytest.mark.usefixtures("folder")
def test_an_environment_that_the_file_does_not_list_prints_a_notice(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, TEMPLATE_VERSION, "new", "--env", "qa")
    assert (status, out) == (0, "no differences\n")
    assert "no payflow.toml" in err


ROOT = {
    "Parameters": {
        "Environment": {"Type": "String", "Default": "dev"},
        "Size": {"Type": "String", "Default": "1"},
        "Key": {"Type": "String", "NoEcho": True, "Default": "never-shown"},
    },
    "Resources": {
        "A": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::Sub": "${Size}-${Key}"}}}
    },
}


@pytest.fixture
def small(folder: Path) -> Path:
    """A small set, not deployed."""
    (folder / "small").mkdir()
    (folder / "small" / "root.json").write_text(json.dumps(ROOT))
    return folder


def deployed(template: Any, **parameters: str) -> Connect:
    given = {"Environment": "dev", "Size": "1", "Key": "****", **parameters}
    cloud = FakeCloudFormation()
    for name in ("payflow-dev", "payflow-prod"):
        cloud.put(name, "CREATE_COMPLETE", Parameters=given)
        cloud.templates[name] = template
    return with_client(cloud)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("template", [ROOT, json.dumps(ROOT)])
def test_what_is_deployed_from_a_set_does_not_differ_from_it(capsys: pytest.CaptureFixture[str], template: Any) -> None:
    there = deployed(template)
    assert run(capsys, "deployed:dev", "small", "--region", "eu-west-2", connect=there) == (0, "no differences\n", "")
    assert run(capsys, "small", "deployed:dev", "--region", "eu-west-2", connect=there)[0] == 0


def test_the_environments_own_parameters_are_what_a_deploy_would_send(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (small / "payflow.toml").write_text('[environments.dev.parameters]\nSize = "7"\n')
    there = deployed(ROOT, Size="5")
    status, out, _ = run(capsys, "deployed:dev", "small", "--region", "eu-west-2", connect=there)
    assert status == 3
    assert 'Value: "5-${Key}" -> "7-${Key}"' in out


@pytest.mark.usefixtures("small")
def test_a_given_value_is_what_a_deploy_over_the_deployed_one_would_send(capsys: pytest.CaptureFixture[str]) -> None:
    there = deployed(ROOT, Size="5")
    options = ["deployed:dev", "small", "--region", "eu-west-2", "--parameter", "Size=8"]
    status, out, _ = run(capsys, *options, connect=there)
    assert (status, 'Value: "5-${Key}" -> "8-${Key}"' in out) == (3, True)
    status, _, err = run(capsys, *options, "--env", "prod", connect=there)
    assert (status, "deployed:dev is not" in err) == (2, True)


@pytest.mark.usefixtures("small")
def test_a_deployed_template_of_another_shape_is_one_error(capsys: pytest.CaptureFixture[str]) -> None:
    there = deployed("Resources:\n  A: 1\n")
    status, _, err = run(capsys, "deployed:dev", "small", "--region", "eu-west-2", connect=there)
    assert (status, err.count("\n")) == (1, 1)


TOPIC = "Resources:\n  T:\n    Type: AWS::SNS::Topic\n"


def test_what_is_not_compared_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stack = "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./a.yaml}}"
    for name in ("one", "two"):
        (folder / name).mkdir()
        (folder / name / "main.yaml").write_text(f"Resources:\n  S: {stack}\n")
        (folder / name / "a.yaml").write_text(f"Transform: Own\n{TOPIC}")
    (folder / "two" / "extra.yaml").write_text(TOPIC)
    status, out, err = run(capsys, "one", "two")
    assert (status, out) == (0, "no differences\n")
    macro = "a.yaml: the transform Own: what it makes is not looked into"
    assert err.splitlines() == [macro, "two: not compared, since no TemplateURL names them: extra.yaml", macro]


def test_a_given_list_is_the_list_of_a_loop(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = "Transform: AWS::LanguageExtensions\nParameters: {Names: {Type: CommaDelimitedList}}\nResources:\n"
    loop = "  Fn::ForEach::T: [N, !Ref Names, {'T${N}': {Type: AWS::SNS::Topic, Properties: {DisplayName: %s}}}]\n"
    for name in ("one", "two"):
        (folder / name).mkdir()
        (folder / name / "main.yaml").write_text(head + loop % name)
    status, out, err = run(capsys, "one", "two", "--parameter", "Names=A,B")
    assert (status, err) == (3, "")
    assert [f"~ T{each} (AWS::SNS::Topic)" in out for each in "AB"] == [True, True]
    told = "main.yaml: Fn::ForEach::T, whose list is not known: what it makes is not looked into"
    assert run(capsys, "one", "two")[2].splitlines() == [told, told]


def test_the_form_of_the_output_is_chosen_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for side, kind in (("one", "S"), ("two", "N")):
        (folder / side).mkdir()
        keys: Any = {"TableName": "t", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": kind}]}
        table = {"Type": "AWS::DynamoDB::Table", "Properties": keys}
        (folder / side / "root.json").write_text(json.dumps({"Resources": {"Table": table}}))
    status, out, _ = run(capsys, "one", "two", "--format", "markdown")
    assert (status, out.splitlines()[0]) == (3, "## 1 refused by CloudFormation")
    assert "### Data at risk" in out
    as_json = run(capsys, "one", "two", "--json")
    assert run(capsys, "one", "two", "--format", "json") == as_json
    assert run(capsys, "one", "two", "--format", "json", "--json") == as_json
    assert run(capsys, "one", "two", "--format", "text") == run(capsys, "one", "two")
    status, out, err = run(capsys, "one", "two", "--format", "markdown", "--json")
    assert (status, out) == (2, "")
    assert "choose one of --json and --format markdown" in err


@pytest.mark.usefixtures("folder")
def test_a_parameter_that_is_given_twice_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(
        capsys, TEMPLATE_VERSION, "new", "--parameter", "Environment=a", "--parameter", "Environment=b"
    )
    assert (status, out) == (2, "")
    assert "--parameter Environment is given twice" in err


@pytest.mark.parametrize("given", [["--region", "eu-west-1"], ["--env", "dev"]])
def test_a_region_decides_what_depends_on_it(
    folder: Path, given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "payflow.toml").write_text('[environments.dev]\nregion = "eu-west-1"\n')
    for name, values in (("a", ("1", "1")), ("b", ("1", "2"))):
        lookup = {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "v"]}
        mapping = {region: {"v": value} for region, value in zip(("eu-west-1", "eu-west-2"), values, strict=True)}
        topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": lookup}}
        (folder / name).mkdir()
        text = json.dumps({"Mappings": {"M": mapping}, "Resources": {"T": topic}})
        (folder / name / "root.json").write_text(text)
    assert "[M.eu-west-2.v]: 1 -> 2" in run(capsys, "a", "b")[1]
    assert "resources:" not in run(capsys, "a", "b", *given)[1]
    assert "DisplayName: 1 -> 2" in run(capsys, "a", "b", "--region", "eu-west-2")[1]
