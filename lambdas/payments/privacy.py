"""Finds card data anywhere in a JSON value: card numbers, security codes and track data.

Sensitive authentication data may not be stored at all: PCI DSS requirement 3.3
(https://www.pcisecuritystandards.org/document_library/).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from payments.card_numbers import holds_card_number, plain_text

MAX_DEPTH: Final = 32
MAX_NODES: Final = 5_000
MAX_TEXT: Final = 8_192
MAX_TOTAL: Final = 65_536

_TRACK: Final = re.compile(r"%?[Bb][0-9]{12,19}\^|;?[0-9]{12,19}[=D][0-9]{7,}")
_CODE: Final = re.compile(
    r"\b(?:cvv2?|cvc2?|cvn2?|cvd2?|csc|cav2|security[ _-]?code|card[ _-]?verification[a-z _-]{0,20})\b"
    r"[^0-9a-z]{0,4}(?:is)?[^0-9a-z]{0,4}[0-9]{3,4}\b",
    re.IGNORECASE,
)
_KEY_PARTS: Final = (
    "cvv",
    "cvc",
    "securitycode",
    "cardverification",
    "trackdata",
    "magstripe",
    "cardnumber",
    "pinblock",
)
_KEYS: Final = frozenset(
    {
        "pan",
        "csc",
        "cav2",
        "cvd",
        "cvd2",
        "cvn",
        "cvn2",
        "pinnumber",
        "track1",
        "track2",
        "track3",
        "cardno",
        "ccnumber",
        "ccnum",
    }
)


def refusal(value: object) -> str | None:
    """Return why the value is refused as a whole ("card_data", "too_large", "too_deep", "not_unicode") or None.

    The walk is bounded: what is too large or too deep to be searched is refused for that.
    """
    nodes = total = 0
    found: str | None = None
    for depth, text, is_key in _texts(value):
        nodes, total = nodes + 1, total + len(text)
        if depth > MAX_DEPTH:
            return "too_deep"
        if len(text) > MAX_TEXT or total > MAX_TOTAL or nodes > MAX_NODES:
            return "too_large"
        found = found or _fault(text, is_key=is_key)
    return found


def _fault(text: str, *, is_key: bool) -> str | None:
    """Return what is wrong with one key or value."""
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "not_unicode"
    return "card_data" if holds_card_data(text) or (is_key and _names_card_data(text)) else None


def holds_card_data(text: str) -> bool:
    """Say whether a text holds a card number, a security code that is named as one, or track data."""
    plain = plain_text(text)
    return holds_card_number(plain) or bool(_TRACK.search(plain) or _CODE.search(plain))


def _names_card_data(key: str) -> bool:
    """Say whether a key is the name of a card's secret."""
    name = "".join(character for character in plain_text(key).lower() if character.isalnum())
    return name in _KEYS or any(part in name for part in _KEY_PARTS)


def _texts(value: object) -> Iterator[tuple[int, str, bool]]:
    """Walk a JSON value without recursion: (depth, text, is a key) for each key, text and number."""
    stack: list[tuple[int, object]] = [(1, value)]
    while stack:
        depth, node = stack.pop()
        if isinstance(node, Mapping):
            yield depth, "", False
            for key, child in node.items():
                yield depth, str(key), True
                stack.append((depth + 1, child))
        elif isinstance(node, (list, tuple)):
            yield depth, "", False
            stack.extend((depth + 1, child) for child in node)
        else:
            yield depth, _text(node), False


def _text(node: object) -> str:
    """Return a leaf as text; a whole float as its digits, so that 4111111111111111.0 is seen."""
    if isinstance(node, str):
        return node
    if isinstance(node, float):
        return str(int(node)) if node.is_integer() and abs(node) < 1e20 else ""
    if isinstance(node, int):
        return str(abs(node)) if abs(node) < 10**20 else ""
    return ""
