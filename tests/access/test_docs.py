"""docs/access.md says the sizes and the reasons that the code has."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from payflow_cfn.access import WILDCARDS, Role, Scope, access_for
from payflow_cfn.template_set import TemplateSet

PAGE = (Path(__file__).parents[2] / "docs" / "access.md").read_text(encoding="utf-8")


def test_the_wildcards_are_the_tables() -> None:
    rows = re.findall(r"^\| ([a-z0-9]+:\w+) \| (.*) \|$", PAGE, re.MULTILINE)
    assert dict(rows) == dict(WILDCARDS)


@pytest.mark.parametrize(
    ("role", "shape"),
    [
        ("deployer", ""),
        ("deployer", " --with-service-role"),
        ("operator", ""),
        ("operator", " --with-service-role"),
        ("reader", ""),
        ("keeper", ""),
    ],
)
def test_the_sizes_are_those_of_the_example(
    role: Role, shape: str, scope: Callable[..., Scope], templates: TemplateSet
) -> None:
    here = scope(boundary="payments-limits")
    service_role = here.role("/role-cloudformation-payflow-dev") if shape else ""
    found = access_for(role, here, templates, service_role=service_role)
    documents = ", ".join(f"{each.name} {each.characters}" for each in (*found.documents, *found.service))
    assert f"\n| {role}{shape} | {documents} |\n" in PAGE
