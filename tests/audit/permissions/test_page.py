"""docs/permissions.md is what the table says."""

from __future__ import annotations

from pathlib import Path

from payflow_cfn.audit.permissions.configurations import WIDEST
from payflow_cfn.audit.permissions.needs_vs_grants import needs_of, set_of
from payflow_cfn.audit.permissions.page import page

PAGE = Path(__file__).parents[3] / "docs" / "permissions.md"


def test_the_page_is_the_table() -> None:
    assert PAGE.read_text() == page(), "write it again: payflow audit --page > docs/permissions.md"


def test_every_action_and_every_source_is_on_the_page() -> None:
    text = page()
    for need in needs_of(set_of(WIDEST)):
        assert need.source in text
        assert all(f"`{each}`" in text for each in need.actions.split())
