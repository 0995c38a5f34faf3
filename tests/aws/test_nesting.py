"""A nested stack's template is found by its TemplateURL, and the root is the template that no other names."""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.aws.nesting import left_out, missing_files, named_files, nested_files, root_of
from payflow_cfn.errors import PlanError

HASH = "0" * 64


def template(*urls: Any, **sections: Any) -> dict[str, Any]:
    return {
        **sections,
        "Resources": {
            f"S{index}": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
            for index, url in enumerate(urls)
        },
    }


PARAMETERS = {
    "Bucket": {"Type": "String"},
    "Prefix": {"Type": "String", "Default": "x/"},
    "Url": {"Type": "String", "Default": "https://b/vpc.yaml"},
}
CONDITIONS = {"Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-2"]}, "Never": {"Fn::Equals": ["a", "b"]}}


@pytest.mark.parametrize(
    "url",
    [
        "vpc.yaml",
        "./vpc.yaml",
        "sub/../vpc.yaml",
        "https://b.s3.amazonaws.com/anything/vpc.yaml",
        "https://b.s3.amazonaws.com/vpc.yaml?versionId=1",
        {"Fn::Sub": "https://${Bucket}.s3.${AWS::URLSuffix}/${Prefix}vpc.yaml"},
        {"Fn::Sub": ["https://${B}/${P}vpc.yaml", {"B": {"Ref": "Bucket"}, "P": {"Ref": "Bucket"}}]},
        {"Fn::Join": ["/", ["https:/", {"Ref": "Bucket"}, "vpc.yaml"]]},
        {"Ref": "Url"},
        {"Fn::If": ["Never", "other.yaml", "https://b/vpc.yaml"]},
    ],
)
def test_the_url_ends_with_the_file_whatever_writes_it(url: Any) -> None:
    made = template(url, Parameters=PARAMETERS, Conditions=CONDITIONS)
    assert nested_files("main.yaml", made, ["main.yaml", "vpc.yaml", "other.yaml", "my-vpc.yaml"]) == {"S0": "vpc.yaml"}


EITHER = {"Fn::If": ["Here", "vpc.yaml", "other.yaml"]}


@pytest.mark.parametrize("url", [{"Ref": "Bucket"}, {"Fn::Sub": "https://b/vpc-${Bucket}.yaml"}, EITHER, None, 1])
def test_an_open_url_names_no_file(url: Any) -> None:
    made = template(url, Parameters=PARAMETERS, Conditions=CONDITIONS)
    assert nested_files("main.yaml", made, ["vpc.yaml", "other.yaml"]) == {}


def test_of_files_with_one_name_the_one_with_most_of_the_url_s_folders_is_meant() -> None:
    files = ["a/service.yaml", "b/service.yaml", "service.yaml"]
    urls = [f"https://x/services/{each}" for each in files]
    assert nested_files("main.yaml", template(*urls), files) == dict(zip(("S0", "S1", "S2"), files, strict=True))
    open_to_two = template("https://x/service.yaml")
    assert nested_files("main.yaml", open_to_two, files[:2]) == {}
    assert named_files("main.yaml", open_to_two, files[:2]) == set(files[:2])


def test_a_local_path_starts_at_the_template_s_own_folder() -> None:
    files = ["main.yaml", "sub/main.yaml", "sub/vpc.yaml", "vpc.yaml"]
    assert nested_files("sub/main.yaml", template("./vpc.yaml", "../vpc.yaml"), files) == {
        "S0": "sub/vpc.yaml", "S1": "vpc.yaml",
    }  # fmt: skip
    assert missing_files("sub/main.yaml", template("./x.yaml", "../../y.yaml", "https://b/z.yaml"), files) == {
        "S0": "sub/x.yaml"
    }


def test_a_packaged_template_is_named_after_its_file() -> None:
    made = template(f"https://b/p/storage-{HASH}.json", f"./monitoring-{HASH}.json")
    files = ["storage.json", "monitoring.json"]
    assert nested_files("root.json", made, files) == {"S0": "storage.json", "S1": "monitoring.json"}


def test_both_sides_of_a_condition_are_named() -> None:
    made = template({"Fn::If": ["Never", "./a.yaml", "./b.yaml"]}, Conditions=CONDITIONS)
    assert named_files("main.yaml", made, ["a.yaml", "b.yaml", "c.yaml"]) == {"a.yaml", "b.yaml"}


@pytest.mark.parametrize(
    ("templates", "root"),
    [
        ({"only.yaml": template()}, "only.yaml"),
        ({"b.yaml": template(), "a.yaml": template("./b.yaml")}, "a.yaml"),
        ({"b.yaml": template("./c.yaml"), "c.yaml": template(), "a.yaml": template("./b.yaml")}, "a.yaml"),
        ({"a.json": template({"Ref": "Url"}), "b.json": template()}, "a.json"),
        ({"root.json": template(), "a.json": template("./root.json")}, "root.json"),
        ({"root.yml": template(), "a.yml": template("./b.yml"), "b.yml": template()}, "root.yml"),
        ({"main.json": template(), "package.json": {"name": "x"}}, "main.json"),
    ],
)
def test_the_root_is_the_one_that_nobody_names(templates: dict[str, Any], root: str) -> None:
    assert root_of(templates) == root


@pytest.mark.parametrize(
    ("templates", "named"),
    [
        ({"a.yaml": template("./c.yaml"), "b.yaml": template("./c.yaml"), "c.yaml": template()}, "a.yaml, b.yaml"),
        ({"a.yaml": template(), "b.yaml": template()}, "a.yaml, b.yaml"),
        ({"package.json": {"name": "x"}}, "none"),
        ({}, "none"),
    ],
)
def test_none_and_several_are_one_line(templates: dict[str, Any], named: str) -> None:
    with pytest.raises(PlanError, match=f"no root template: {named} could be it: name the file of one of them"):
        root_of(templates)


def test_templates_that_no_url_leads_to_are_left_out() -> None:
    templates = {
        "main.yaml": template("./a.yaml", {"Fn::If": ["Here", "./b.yaml", "./c.yaml"]}),
        **{f"{each}.yaml": template() for each in "abcd"},
        "package.json": {"name": "x"},
    }
    templates["d.yaml"] = template("./a.yaml")
    templates["root.yaml"] = templates.pop("main.yaml")
    assert left_out(templates) == ["d.yaml"]
