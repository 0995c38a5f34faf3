"""The pages for governed organisations say what the templates say: statements of keys, parameters, regions."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from governed_sets import EVERYTHING, parsed
from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.regions import FEATURES
from payflow_cfn.aws.runtimes import LIVES
from payflow_cfn.aws.worlds import World
from payflow_cfn.config.project import parse_project
from payflow_cfn.config.settings import Settings

DOCS = Path(__file__).parents[1] / "docs"
PAGE = "".join(
    (DOCS / each).read_text(encoding="utf-8") for each in ("governed.md", "governed/vpc.md", "governed/regions.md")
)
WORLD = World(environment="prod")


def blocks(kind: str, text: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", text, flags=re.DOTALL)


def key_statements(title: str) -> list[dict[str, Any]]:
    templates = parsed(Settings())
    policy = templates.templates["encryption"]["Resources"][title]["Properties"]["KeyPolicy"]
    found: list[dict[str, Any]] = expand(templates, "encryption", policy["Statement"], WORLD)
    return found


def section(heading: str) -> str:
    return PAGE.partition(f"\n{heading}\n")[2].partition("\n#")[0]


def test_every_key_needs_the_account_and_the_others_nothing_more() -> None:
    (text,) = blocks("json", section("## Existing keys"))
    for title in ("SnsKey", "CloudwatchKey", "StatesKey", "DynamodbKey", "LambdaKey"):
        assert key_statements(title)[0] == json.loads(text)
    assert [len(key_statements(title)) for title in ("DynamodbKey", "LambdaKey")] == [1, 1]


def test_the_example_is_taken_and_asks_for_everything() -> None:
    project = parse_project(tomllib.loads(blocks("toml", PAGE)[0]))
    assert project.settings == EVERYTHING
    assert project.target("prod").parameters["PermissionsBoundary"] == "org/payments"


def test_every_parameter_that_a_setting_adds_is_named() -> None:
    plain, asked = (set(parsed(each).templates["root"]["Parameters"]) for each in (Settings(), EVERYTHING))
    assert [name for name in asked - plain if f"`{name}`" not in PAGE] == []


def test_the_table_of_regions_is_the_one_that_decides() -> None:
    rows = [line for line in section("## Regions").splitlines() if line.startswith("|")][2:]
    wanted = {
        each.name: f"{', '.join(sorted(each.lacking)) or 'none known'}{'' if each.certain else ' (a warning)'}"
        for each in FEATURES
    }
    assert {row.split(" | ")[0].removeprefix("| "): row.split(" | ")[2] for row in rows} == wanted


def test_the_dates_of_the_runtimes_are_those_that_decide() -> None:
    rows = [line for line in section("## Runtimes").splitlines() if line.startswith("|")][2:]
    assert rows == [
        f"| {name} | {each.deprecated} | {each.no_create} | {each.no_update} |" for name, each in LIVES.items()
    ]
