"""The page of a payment: escaped, self-contained, and complete."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from payflow_cfn.errors import FilesError
from payflow_cfn.payments.life import Life, Moment
from payflow_cfn.payments.life_page import check_page, page, write_page
from payflow_cfn.payments.lookup import Row

EVIL = '<script src="https://evil.example/x.js">&"\x1b[2J\u202e'
MOMENTS = (
    Moment("2026-11-25T10:00:00.000Z", "log", EVIL, EVIL, {"error": EVIL}),
    Moment("2026-11-25T10:00:01.000Z", "row", "UNKNOWN", "T-1", {}),
)
ROW = Row(EVIL, {"status": "UNKNOWN"}, (), {})
LIFE = Life(MOMENTS, None, (EVIL,))


class Seen(HTMLParser):
    """The tags and the texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [name for name, _ in attributes if name in ("src", "href", "action", "style", "onload")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_no_text_becomes_markup_and_nothing_is_loaded() -> None:
    text = page(ROW, LIFE, EVIL, [(EVIL, EVIL)])
    seen = Seen(text)
    assert set(seen.tags) == {
        *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "ul", "li"),
        *("table", "caption", "thead", "tbody", "tr", "th", "td"),
    }
    assert seen.addresses == []
    assert "url(" not in text
    assert "@import" not in text
    assert not {"\x1b", "\u202e"} & set(text)
    assert sum("evil.example" in each for each in seen.texts) == 8


def test_the_page_has_the_moments_in_their_order_and_the_next_step(tmp_path: Path) -> None:
    target = tmp_path / "new" / "payment.html"
    write_page(str(target), ROW, LIFE, "ask the gateway", [("payment", "12.50 USD")])
    texts = [each for each in Seen(target.read_text()).texts if each.strip()]
    assert texts.index("12.50 USD") < texts.index(MOMENTS[0].at) < texts.index(MOMENTS[1].at)
    assert "Now: ask the gateway" in texts


@pytest.mark.parametrize("name", ["", ".", "new/"])
def test_a_path_that_is_not_a_file_s_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FilesError, match="is not a file's path"):
        check_page(name)
