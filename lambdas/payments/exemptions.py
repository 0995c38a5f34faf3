"""Read the exemptions from the card search: fields of a payment that hold ids of a known form.

The module imports no other module of the functions: `payflow deploy` and `payflow run` import it to read the parameter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Exemptions = Mapping[str, tuple[re.Pattern[str], ...]]

NO_EXEMPTIONS: Final[Exemptions] = MappingProxyType({})
LARGEST_TEXT: Final = 2_000
MOST_ENTRIES: Final = 20
LONGEST_ID: Final = 128

# These two are stored, logged and shown, so no exemption may match a bare card number in them.
_SHOWN: Final = frozenset({"transaction_id", "customer_id"})
_NO_IDS: Final = frozenset({"payment_amount", "currency", "payment_method"})
_FIELD: Final = re.compile(r"[A-Za-z0-9_-]{1,64}(?:\.[A-Za-z0-9_-]{1,64}){0,8}")
# One character, or a class of letters and digits, then its count or the least and largest count. Nothing nests.
_PIECE: Final = re.compile(
    r"(?P<one>\[(?:[0-9]-[0-9]|[A-Z]-[A-Z]|[a-z]-[a-z]|[A-Za-z0-9_])+\]|[A-Za-z0-9_:/#.+-])"
    r"(?:\{(?P<least>[0-9]{1,3})(?:,(?P<most>[0-9]{1,3}))?\})?"
)


class ExemptionsError(ValueError):
    """An entry that is not valid; `rule` is the rule that it breaks."""

    def __init__(self, entry: str, rule: str) -> None:
        super().__init__(f"{entry!r}: {rule}")
        self.entry = entry
        self.rule = rule


def read_exemptions(text: str) -> Exemptions:
    """Read "metadata.order=[0-9]{3}-[0-9]{7}; transaction_id=PAY[0-9]{16}"; raise ExemptionsError for another form."""
    if len(text) > LARGEST_TEXT:
        raise ExemptionsError(text[:40], f"the text has at most {LARGEST_TEXT} characters")
    entries = [each.strip() for each in text.split(";") if each.strip()]
    if len(entries) > MOST_ENTRIES:
        raise ExemptionsError(entries[MOST_ENTRIES], f"there are at most {MOST_ENTRIES} entries")
    found: dict[str, tuple[re.Pattern[str], ...]] = {}
    for entry in entries:
        field, pattern = _entry(entry)
        found[field] = (*found.get(field, ()), pattern)
    return MappingProxyType(found)


def is_exempt(exemptions: Exemptions, field: str, text: str) -> bool:
    """Return whether the whole text of a field matches one of its exemptions."""
    return any(each.fullmatch(text) for each in exemptions.get(field, ()))


def _entry(entry: str) -> tuple[str, re.Pattern[str]]:
    field, equals, pattern = (each.strip() for each in entry.partition("="))
    if not equals or not _FIELD.fullmatch(field) or not pattern:
        raise ExemptionsError(entry, "an entry is FIELD=PATTERN, such as metadata.order=[0-9]{3}-[0-9]{7}")
    if field in _NO_IDS:
        raise ExemptionsError(entry, f"{field} is not an id")
    return field, re.compile(_expression(entry, field, pattern))


def _expression(entry: str, field: str, pattern: str) -> str:
    """Return the pattern as a regular expression that needs only a few steps for each character."""
    at = longest = ranges = 0
    has_letter = False
    made = []
    while at < len(pattern):
        piece = _PIECE.match(pattern, at)
        if piece is None:
            rule = (
                "a pattern has letters, digits, _:/#.+- and classes such as [0-9A-Z], each with {5} or {2,5} after it"
            )
            raise ExemptionsError(entry, rule)
        at, one = piece.end(), piece["one"]
        least = int(piece["least"] or 1)
        most = int(piece["most"] or least)
        longest, ranges = longest + most, ranges + (least != most)
        has_letter = has_letter or (one.isalpha() and least > 0)
        if least > most or most == 0 or _has_empty_range(one):
            raise ExemptionsError(entry, "a range goes from the smaller to the larger, and a count is more than zero")
        made.append((one if one[0] == "[" else re.escape(one)) + f"{{{least},{most}}}")
    if longest > LONGEST_ID or ranges > 2:
        raise ExemptionsError(entry, f"a pattern takes at most {LONGEST_ID} characters and has two counts like {{2,5}}")
    if field in _SHOWN and not has_letter:
        raise ExemptionsError(entry, f"a pattern for {field} has a letter that every such id has: PAY[0-9]{{16}}")
    return "".join(made)


def _has_empty_range(one: str) -> bool:
    return any(first > last for first, last in re.findall("(.)-(.)", one[1:-1]))
