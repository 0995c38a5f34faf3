"""Find card data in a text: card numbers, security codes beside their name, track data.

docs/cards.md lists the forms that are found and those that are not. The module imports no other module of the
functions, because `payflow run` and the names of executions use it, too. Card numbers: ISO/IEC 7812-1.
"""

from __future__ import annotations

import binascii
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

Issued = tuple[str, str, frozenset[int]]


def _lengths(first: int, last: int) -> frozenset[int]:
    return frozenset(range(first, last + 1))


# The first digits, from and to, and the lengths that the schemes issue.
_COMMON: Final[tuple[Issued, ...]] = (
    ("4", "4", frozenset({13, 16, 19})),  # Visa
    ("51", "55", frozenset({16})),  # Mastercard
    ("2221", "2720", frozenset({16})),
    ("34", "34", frozenset({15})),  # American Express
    ("37", "37", frozenset({15})),
    ("3528", "3589", _lengths(16, 19)),  # JCB
    ("6011", "6011", _lengths(16, 19)),  # Discover
    ("644", "659", _lengths(16, 19)),
    ("62", "62", _lengths(16, 19)),  # UnionPay
)
_OTHERS: Final[tuple[Issued, ...]] = (
    ("300", "305", frozenset({14, 16})),  # Diners Club
    ("36", "36", _lengths(14, 19)),
    ("38", "39", frozenset({14, 16})),
    ("81", "82", frozenset({16})),  # RuPay, UnionPay
    ("2200", "2205", _lengths(16, 19)),  # Mir, Borica
    ("8600", "8600", frozenset({16})),  # Uzcard
    ("9792", "9792", frozenset({16})),  # Troy
    ("9860", "9860", frozenset({16})),  # Humo
    ("5", "6", frozenset({16})),  # Maestro and national debit cards
    # Maestro has 12 to 19 digits. Other lengths than 16 and 19 only for numbers known to be issued: ids have them, too.
    ("50", "50", frozenset({19})),
    ("56", "58", frozenset({19})),
    ("63", "63", frozenset({19})),
    ("67", "67", frozenset({19})),
    *((each, each, _lengths(12, 19)) for each in ("5018", "5020", "5038", "5893", "6304", "6390", "6759")),
    ("6761", "6767", _lengths(12, 19)),
)
_ISSUED: Final = _COMMON + _OTHERS
_LONGEST: Final = 19

# A text without twelve digits this close together is not searched.
_CANDIDATE: Final = re.compile(r"[0-9](?:[^0-9A-Za-z]{0,8}[0-9]){11}")
# A comma with a blank separates two numbers.
_RUN: Final = re.compile(r"[0-9]+(?:(?!,\s)[^0-9A-Za-z]{1,8}[0-9]+)*")
_PARTS: Final = re.compile(r"[0-9]+|[^0-9]+")
_BLANKS_AND_DASHES: Final = re.compile(r"[\s\-\u2010-\u2015\u2212]+")

_UUID: Final = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z])")
_DIGEST: Final = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9A-Za-z])")
_IBAN: Final = re.compile(r"(?<![0-9A-Za-z])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![0-9A-Za-z])")
# Up to 13 digits: longer phone numbers are rare, and the commonest cards have more.
_PHONE: Final = re.compile(r"\+[0-9](?:[\s.()/-]{0,2}[0-9]){6,12}(?![^0-9A-Za-z]{0,8}[0-9])")
# yyMMddHHmmss of 2023 to 2027, which begin as Mastercard's numbers do.
_TIME: Final = re.compile(r"2[3-7](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]")

_TRACK: Final = re.compile(r"%?[Bb][0-9]{12,19}\^|;?[0-9]{12,19}[=D][0-9]{7,}")
_CODE: Final = re.compile(
    r"\b(?:cvv2?|cvc2?|cvn2?|cvd2?|csc|cav2|security[ _-]?code|card[ _-]?verification[a-z _-]{0,20})\b"
    r"[^0-9a-z]{0,4}(?:is)?[^0-9a-z]{0,4}[0-9]{3,4}\b",
    re.IGNORECASE,
)

# A character as %34, =34, \x34, \u0034, &#x34; or &#52;.
_ESCAPE: Final = re.compile(r"(?:[%=]|\\x|\\u00|&#[xX]0*)([0-9A-Fa-f]{2});?|&#0*([0-9]{2,3});?|&nbsp;?")
_ESCAPED_TIMES: Final = 3
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}")
_URL_ALPHABET: Final = str.maketrans("-_", "+/")
_HEX: Final = re.compile(r"[0-9A-Fa-f]{24,}")
# Of four digits in a row, one starts a triple of bytes; base64 writes it and the next digit like this.
_BASE64_DIGITS: Final = re.compile(r"[MNO][DTjz]")
_HEX_DIGITS: Final = re.compile(r"(?:3[0-9]){4}")
_FOUR_DIGITS: Final = re.compile(r"[0-9]{4}")


def holds_card_data(text: str) -> bool:
    """Return whether a text, as it is or decoded, holds a card number, a named security code or track data."""
    for plain in _readings(plain_text(text)):
        if holds_card_number(plain) or _TRACK.search(plain) or _CODE.search(plain):
            return True
        if any(holds_card_number(decoded) or _TRACK.search(decoded) for decoded in _decoded(plain)):
            return True
    return False


def plain_text(text: str) -> str:
    """Return the text with every script's digits as ASCII digits, and without invisible characters."""
    if text.isascii():
        return text
    seen = (
        each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) not in ("Cf", "Mn", "Me")
    )
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in seen)


def holds_card_number(plain: str) -> bool:
    """Return whether a text that `plain_text` returned holds a card number, without decoding it."""
    if not _CANDIDATE.search(plain):
        return False
    return any(_run_holds(match[0]) for match in _RUN.finditer(_without_ids(plain)))


def is_card_number(digits: str) -> bool:
    """Return whether ASCII digits are a payment card's number by length, first digits and Luhn's check."""
    return _is_issued(digits, _ISSUED) and _passes_luhn(digits)


def is_split_number(items: Sequence[str]) -> bool:
    """Return whether a list holds the printed groups of one card number, and nothing else.

    Groups of more than six digits are not joined: two ids are more likely.
    """
    sizes = [len(each) for each in items]
    digits = "".join(items)
    return len(digits) <= _LONGEST and max(sizes, default=0) <= 6 and _is_printed(sizes) and is_card_number(digits)


def _is_issued(digits: str, table: tuple[Issued, ...]) -> bool:
    length, start = len(digits), digits[:4]
    return any(first <= start and start[: len(last)] <= last and length in lengths for first, last, lengths in table)


def _passes_luhn(digits: str) -> bool:
    values = [int(digit) for digit in reversed(digits)]
    doubled = (value * 2 - 9 if value > 4 else value * 2 for value in values[1::2])
    return (sum(values[::2]) + sum(doubled)) % 10 == 0


def _run_holds(run: str) -> bool:
    """Return whether neighbouring groups of digits hold a card number: "12 4111 1111 1111 1111" does."""
    parts = _PARTS.findall(run)
    groups, gaps = parts[::2], parts[1::2]
    if any(len(each) >= 12 and _is_number(each) for each in groups):
        return True
    starts = range(len(groups) - 1)
    return any(_is_joined(groups[each : each + _LONGEST], gaps[each : each + _LONGEST]) for each in starts)


def _is_number(group: str) -> bool:
    """Return whether one group of digits is a card number, padded with zeros or followed by its expiry or code."""
    digits = group.lstrip("0")
    length = len(digits)
    if length <= _LONGEST and is_card_number(digits):
        return not _is_other_number(digits)
    if length < _LONGEST or _TIME.match(digits):
        return False
    table = _ISSUED if length > _LONGEST else _COMMON
    starts = (digits[:16], digits[:15])
    return any(_is_issued(each, table) and _passes_luhn(each) for each in starts)


def _is_other_number(digits: str) -> bool:
    """Return whether a card number's digits are more likely an article number (EAN-13), or a time and four digits."""
    if len(digits) == 13:
        return (sum(map(int, digits[::2])) + 3 * sum(map(int, digits[1::2]))) % 10 == 0
    return len(digits) == 16 and bool(_TIME.match(digits))


def _is_joined(groups: Sequence[str], gaps: Sequence[str]) -> bool:
    """Return whether the first groups, joined, are a card number: grouped as on a card, or 16 digits in any groups.

    Any groups count only between blanks and dashes: two coordinates are 16 digits, too.
    """
    digits, sizes, is_plain = groups[0], [len(groups[0])], True
    for gap, group in zip(gaps, groups[1:], strict=False):
        digits += group
        if len(digits) > _LONGEST:
            return False
        sizes.append(len(group))
        is_plain = is_plain and (gap in " -" or _BLANKS_AND_DASHES.fullmatch(gap) is not None)
        is_any = is_plain and len(digits) == 16 and not _TIME.match(digits)
        if len(digits) >= 12 and (is_any or _is_printed(sizes)) and is_card_number(digits):
            return True
    return False


def _is_printed(sizes: list[int]) -> bool:
    """Return whether groups have the sizes in which cards, or large numbers, are printed."""
    first, last = sizes[0], sizes[-1]
    if sizes in ([4, 6, 5], [4, 6, 4], [4, 3, 3, 3], [6, 13]) or (first <= 3 and set(sizes[1:]) == {3}):
        return True
    return last <= first and (first <= 6 or first == 8) and set(sizes[:-1]) == {first}


def _without_ids(text: str) -> str:
    """Remove ids of other kinds. A UUID or a digest without a letter stays: it may be a card number."""
    for shape in (_UUID, _DIGEST):
        text = shape.sub(lambda match: "x" if re.search("[A-Fa-f]", match[0]) else match[0], text)
    return _PHONE.sub("x", _IBAN.sub(lambda match: "x" if _is_iban(match[0]) else match[0], text))


def _is_iban(text: str) -> bool:
    """Return whether an account number's check digits are right (ISO 13616)."""
    plain = text.replace(" ", "")
    return int("".join(str(int(each, 36)) for each in plain[4:] + plain[:4])) % 97 == 1


def _readings(plain: str) -> Iterator[str]:
    """Return the text, and the text with its escapes resolved, which may hold escapes again."""
    yield plain
    for _ in range(_ESCAPED_TIMES):
        resolved = _ESCAPE.sub(_character, plain)
        if resolved == plain:
            return
        yield resolved
        plain = resolved


def _character(match: re.Match[str]) -> str:
    hexadecimal, decimal = match.groups()
    return chr(int(hexadecimal, 16) if hexadecimal else int(decimal or 32))


def _decoded(text: str) -> Iterator[str]:
    """Return the decoded base64 and hexadecimal parts that hold four digits in a row.

    Every start is tried: letters may come before the encoded part.
    """
    for match in _BASE64.finditer(text):
        if _BASE64_DIGITS.search(match[0]):
            token = match[0].translate(_URL_ALPHABET)
            yield from _with_digits(_from_base64(token[start:]) for start in range(4))
    for match in _HEX.finditer(text):
        if _HEX_DIGITS.search(match[0]):
            yield from _with_digits(_from_hex(match[0][start:]) for start in range(2))


def _from_base64(token: str) -> bytes:
    whole = token[:-1] if len(token) % 4 == 1 else token
    return binascii.a2b_base64(whole + "=" * (-len(whole) % 4))


def _from_hex(token: str) -> bytes:
    return bytes.fromhex(token[: len(token) // 2 * 2])


def _with_digits(bodies: Iterator[bytes]) -> Iterator[str]:
    texts = (each.decode("latin-1") for each in bodies)
    return (each for each in texts if _FOUR_DIGITS.search(each))
