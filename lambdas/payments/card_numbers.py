"""Finds payment card numbers in a text: 13 to 19 digits, by prefix, Luhn's check and how they are written.

Ordinary ids hold long runs of digits too, and one in ten passes Luhn's check; what has the shape of a date, a UUID, a
digest, an IBAN or a telephone number is not searched. Card numbers: ISO/IEC 7812-1.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Where no thirteen digits stand this close, there is nothing to search.
_CANDIDATE: Final = re.compile(r"[0-9](?:[^0-9A-Za-z]{0,8}[0-9]){12}")
_GROUPS: Final = re.compile(r"[0-9]+(?:[\s\-\u2010-\u2015\u2212]{1,8}[0-9]+)*")
_DIGITS: Final = re.compile(r"[0-9]+")
# As cards print it, with any one separator: 4111.1111.1111.1111, 3782/822463/10005.
_PRINTED: Final = re.compile(
    r"(?<![0-9])[0-9]{4}(?P<by>[^0-9A-Za-z,]{1,8})"
    r"(?:[0-9]{4}(?P=by)[0-9]{4}(?P=by)[0-9]{1,4}(?:(?P=by)[0-9]{1,3})?|[0-9]{6}(?P=by)[0-9]{4,5})(?![0-9])"
)
# 2 is Mastercard's and Mir's from 22 to 27 (20 begins a year), 3 the card schemes' at 30 and from 34.
_ISSUED: Final = re.compile(r"2[2-7]|3[04-9]|[456]")
_UUID: Final = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])")
_DIGEST: Final = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9A-Za-z])")
_IBAN: Final = re.compile(r"(?<![0-9A-Za-z])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![0-9A-Za-z])")
_LONGEST_PHONE: Final = 15  # ITU-T E.164


def plain_text(text: str) -> str:
    """Return the text with ASCII digits for every script's, and without characters that nobody sees."""
    if text.isascii():
        return text
    seen = (
        each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) not in ("Cf", "Mn", "Me")
    )
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in seen)


def holds_card_number(plain: str) -> bool:
    """Say whether a text that `plain_text` returned holds a card number."""
    if not _CANDIDATE.search(plain):
        return False
    searched = _without_ids(plain)
    if any(_holds_number(match[0]) for match in _GROUPS.finditer(searched) if not _is_phone(searched, match)):
        return True
    return any(_is_printed(match) for match in _PRINTED.finditer(searched))


def is_card_number(digits: str) -> bool:
    """Say whether 13 to 19 ASCII digits are a payment card's number by prefix and Luhn's check."""
    if not 13 <= len(digits) <= 19 or not _ISSUED.match(digits):
        return False
    values = [int(digit) for digit in reversed(digits)]
    doubled = (value * 2 - 9 if value > 4 else value * 2 for value in values[1::2])
    return (sum(values[::2]) + sum(doubled)) % 10 == 0


def _holds_number(run: str) -> bool:
    """Say whether neighbouring groups of digits, joined, make a card number: "12 4111 1111 1111 1111" does."""
    groups = _DIGITS.findall(run)
    for start in range(len(groups)):
        digits = ""
        for group in groups[start:]:
            digits += group
            if len(digits) > 19:
                break
            if is_card_number(digits):
                return True
        # A longer run is a card number when it starts with one: number and expiry written together.
        if len(groups[start]) > 19 and any(is_card_number(groups[start][:length]) for length in (16, 15)):
            return True
    return False


def _is_printed(match: re.Match[str]) -> bool:
    """Say whether printed groups are a card number, with or without a last group that may be something else."""
    groups = match[0].split(match["by"])
    return is_card_number("".join(groups)) or is_card_number("".join(groups[:4]))


def _is_phone(text: str, match: re.Match[str]) -> bool:
    """Say whether a run of digits is written as an international telephone number."""
    digits = sum(len(group) for group in _DIGITS.findall(match[0]))
    return text[: match.start()].endswith("+") and digits <= _LONGEST_PHONE


def _without_ids(text: str) -> str:
    """Take out what is an id of another kind; without a letter it may be a card number all the same."""
    for shape in (_UUID, _DIGEST):
        text = shape.sub(lambda match: "x" if re.search("[A-Fa-f]", match[0]) else match[0], text)
    return _IBAN.sub(lambda match: "x" if _is_iban(match[0]) else match[0], text)


def _is_iban(text: str) -> bool:
    """Check an account number's check digits (ISO 13616)."""
    plain = text.replace(" ", "")
    return int("".join(str(int(each, 36)) for each in plain[4:] + plain[:4])) % 97 == 1
