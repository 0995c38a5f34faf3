"""Tests for payments.bounds: no text leaves longer than its limit or with a character that breaks a line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from payments.bounds import MARK, bounded


@given(text=st.text() | st.text(min_size=18, max_size=60), limit=st.integers(20, 40))
def test_a_bounded_text_is_printable_ascii_within_its_limit(text: str, limit: int) -> None:
    cut = bounded(text, limit=limit)
    assert len(cut) <= limit
    assert cut.isascii()
    assert cut.isprintable()
    assert cut.endswith(MARK) or len(cut) == len(text)


def test_a_short_plain_text_is_left_alone_and_a_long_one_is_marked() -> None:
    assert bounded("declined", limit=20) == "declined"
    assert bounded("x" * 10**7, limit=20) == "xxxxxx" + MARK
    assert bounded("line1\nline2 \u00fc \U0001f4a5 \ud800", limit=50) == "line1 line2 ? ? ?"
