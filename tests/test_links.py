"""Every link between the pages leads to a file, and to a heading of it."""

from __future__ import annotations

import re
from pathlib import Path

TOP = Path(__file__).parents[1]
PAGES = [TOP / "README.md", TOP / "CHANGELOG.md", TOP / "CONTRIBUTING.md", *sorted((TOP / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page has, and those that GitHub makes of its headings."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return set(re.findall(r'<a id="([^"]+)">', text)) | {
        re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings
    }


def broken(page: Path) -> list[str]:
    """Return each link of a page without a target."""
    wrong = []
    for name, anchor in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(f"{name}#{anchor}" if anchor else name)
    return wrong


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    found = {page: broken(page) for page in PAGES}
    assert {page: each for page, each in found.items() if each} == {}


def test_a_link_without_a_target_is_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text('# A `name` of it\n<a id="place"></a>\n')
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md) [b](other.md#a-name-of-it) [f](other.md#place) [c](gone.md) [d](other.md#gone) [e](#gone)\n"
    )
    assert broken(page) == ["gone.md", "other.md#gone", "#gone"]
