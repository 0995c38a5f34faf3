"""The former public names still work, and each says what took its place."""

from __future__ import annotations

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest

import payflow_cfn
from asked_bucket import Sent, Storage
from fake_cloudformation import FakeCloudFormation
from payflow_cfn import Settings, build_set


def test_render_set_gives_every_file() -> None:
    with pytest.warns(DeprecationWarning, match=r"render_set\(settings\): use build_set"):
        found = payflow_cfn.render_set(Settings())
    assert found == build_set(Settings()).files
    assert {"root.json", "manifest.json", "sbom/validation.cdx.json"} <= set(found)


@pytest.mark.slow
def test_check_templates_takes_all_the_files_of_a_set() -> None:
    made = build_set(Settings())
    broken = {**made.files, "storage.json": made.templates["storage.json"].replace("PAY_PER_REQUEST", "FREE")}
    with pytest.warns(DeprecationWarning, match="use lint_set"):
        found = payflow_cfn.check_templates(broken)
    assert {each.file for each in found} == {"storage.json"}


@pytest.mark.parametrize("name", ["deploy_set", "plan_set"])
def test_settings_in_place_of_a_set_are_rendered(name: str) -> None:
    with pytest.warns(DeprecationWarning, match="settings in place of a set") as warned, pytest.raises(Sent):
        getattr(payflow_cfn, name)(
            FakeCloudFormation().client, Storage(), Settings(), bucket="b", parameters={"Environment": "dev"}
        )
    assert [each.filename for each in warned] == [__file__]


def moves() -> list[tuple[str, str]]:
    """The rows of CHANGELOG's table of moved modules."""
    text = (Path(__file__).parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")
    return re.findall(r"^\| (`[^|]*) \| ([^|]*) \|$", text.split("| former | now |")[1], re.MULTILINE)


@pytest.mark.parametrize(("former", "now"), moves())
def test_what_has_moved_is_where_the_changelog_says(former: str, now: str) -> None:
    names = re.findall("`([^`]+)`", now)
    if now.startswith("the same name in "):
        names = [f"{names[0]}.{each.rpartition('.')[2]}" for each in re.findall("`([^`]+)`", former)]
    for each in names:
        resolve_name(f"payflow_cfn.{each}")
