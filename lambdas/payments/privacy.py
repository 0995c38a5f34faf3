"""Find card data anywhere in a JSON value: card numbers, security codes and track data.

Sensitive authentication data may not be stored at all: PCI DSS requirement 3.3
(https://www.pcisecuritystandards.org/document_library/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from payments.card_data import holds_card_data, is_split_number, plain_text
from payments.exemptions import NO_EXEMPTIONS, Exemptions, is_exempt

MAX_DEPTH: Final = 32
MAX_NODES: Final = 5_000
MAX_TEXT: Final = 8_192
MAX_TOTAL: Final = 65_536
_MOST_GROUPS: Final = 19

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


def refusal(value: object, exemptions: Exemptions = NO_EXEMPTIONS) -> str | None:
    """Return why the value is refused as a whole ("card_data", "too_large", "too_deep", "not_unicode") or None.

    A value that is too large or too deep to be searched is refused. A text that matches its field's exemptions is not
    searched.
    """
    nodes = total = 0
    found: str | None = None
    for field, depth, text, is_key in _texts(value, exemptions):
        nodes, total = nodes + 1, total + len(text)
        if depth > MAX_DEPTH:
            return "too_deep"
        if len(text) > MAX_TEXT or total > MAX_TOTAL or nodes > MAX_NODES:
            return "too_large"
        if not found and (is_key or not is_exempt(exemptions, field, text)):
            found = _fault(text, is_key=is_key)
    return found


def _fault(text: str, *, is_key: bool) -> str | None:
    """Return what is wrong with one key or value."""
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "not_unicode"
    return "card_data" if holds_card_data(text) or (is_key and _names_card_data(text)) else None


def _names_card_data(key: str) -> bool:
    """Return whether a key is the name of card data, such as `cvv`."""
    name = "".join(character for character in plain_text(key).lower() if character.isalnum())
    return name in _KEYS or any(part in name for part in _KEY_PARTS)


def _texts(value: object, exemptions: Exemptions) -> Iterator[tuple[str, int, str, bool]]:
    """Walk a JSON value without recursion: (field, depth, text, is a key) for each key, text and number.

    A list or an object that holds only the groups of one card number also gives their joined text. Fields are named
    only if there are exemptions; an item of a list has the name of the list.
    """
    stack: list[tuple[str, int, object]] = [("", 1, value)]
    while stack:
        field, depth, node = stack.pop()
        if isinstance(node, Mapping):
            yield field, depth, _joined(tuple(node.values())), False
            for key, child in node.items():
                yield field, depth, str(key), True
                below = (f"{field}.{key}" if field else str(key)) if exemptions else ""
                stack.append((below, depth + 1, child))
        elif isinstance(node, (list, tuple)):
            yield field, depth, _joined(node), False
            stack.extend((field, depth + 1, child) for child in node)
        else:
            yield field, depth, _text(node), False


def _joined(items: Sequence[object]) -> str:
    """Return the card number that texts or whole numbers form together; empty if they form none."""
    if not 2 <= len(items) <= _MOST_GROUPS:
        return ""
    groups = [plain_text(_text(each)) for each in items]
    return "".join(groups) if "".join(groups).isdecimal() and all(groups) and is_split_number(groups) else ""


def _text(node: object) -> str:
    """Return a leaf as text; a whole float as its digits, so that 4111111111111111.0 is found."""
    if isinstance(node, str):
        return node
    if isinstance(node, float):
        return str(int(node)) if node.is_integer() and abs(node) < 1e20 else ""
    if isinstance(node, int):
        return str(abs(node)) if abs(node) < 10**20 else ""
    return ""
