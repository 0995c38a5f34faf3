"""Measure the search for card data: ordinary ids that are refused, and hidden card numbers that are missed.

python benchmarks/cards.py                      this checkout
python benchmarks/cards.py --lambdas FOLDER     the code of another commit (git archive COMMIT lambdas | tar x)
"""

from __future__ import annotations

import argparse
import random
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hidden_cards import FORMS

IDS = 4_000
SEED = 20261129
# What a merchant with these ids would set. A text of digits alone is an id of metadata here, never a transaction id.
EXEMPTIONS = {
    "Norwegian KID, 16 digits": "[0-9]{16}",
    "Swedish OCR, 10 to 19 digits": "[0-9]{10,19}",
    "Danish payment id, 15 digits": "[0-9]{15}",
    "Finnish reference": "[0-9]{4,20}",
    "Swiss QR reference": "[0-9]{27}",
    "random 63-bit number": "[0-9]{1,19}",
}


def _digits(choice: random.Random, count: int) -> str:
    return f"{choice.randrange(10**count):0{count}}"


def _luhn(body: str) -> str:
    total = sum(sum(divmod(int(each) * (2 if place % 2 == 0 else 1), 10)) for place, each in enumerate(reversed(body)))
    return body + str(-total % 10)


def _gs1(body: str) -> str:
    total = sum(int(each) * (3 if place % 2 == 0 else 1) for place, each in enumerate(reversed(body)))
    return body + str(-total % 10)


def _time(choice: random.Random) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=choice.randrange(365 * 86_400))


def _finnish(body: str) -> str:
    total = sum(int(each) * (7, 3, 1)[place % 3] for place, each in enumerate(reversed(body)))
    return body + str(-total % 10)


def _swiss(body: str) -> str:
    carry = 0
    for each in body:
        carry = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)[(carry + int(each)) % 10]
    return body + str(-carry % 10)


def _iban(choice: random.Random) -> str:
    account = _digits(choice, 18)
    return f"DE{98 - int(account + '131400') % 97:02}{account}"


def _ocr(choice: random.Random) -> str:
    length = choice.randint(10, 19)
    return _luhn(_digits(choice, length - 2) + str(length % 10))


KINDS: dict[str, Callable[[random.Random], str]] = {
    "yyMMddHHmmss and 4 digits": lambda c: _time(c).strftime("%y%m%d%H%M%S") + _digits(c, 4),
    "yyyyMMddHHmmss and 4 digits": lambda c: _time(c).strftime("%Y%m%d%H%M%S") + _digits(c, 4),
    "date, hyphen, 6 digits": lambda c: "TXN-" + _time(c).strftime("%Y%m%d-") + _digits(c, 6),
    "microseconds since 1970": lambda c: str(int(_time(c).timestamp()) * 1_000_000 + c.randrange(1_000_000)),
    "Amazon order number": lambda c: f"{_digits(c, 3)}-{_digits(c, 7)}-{_digits(c, 7)}",
    "Shopify order id": lambda c: str(c.randrange(4_500_000_000_000, 7_500_000_000_000)),
    "EAN-13": lambda c: _gs1(_digits(c, 12)),
    "GTIN-14": lambda c: _gs1(c.choice("12345678") + _digits(c, 12)),
    "IMEI": lambda c: _luhn(c.choice(("35", "35", "86", "01")) + _digits(c, 12)),
    "Norwegian KID, 16 digits": lambda c: _luhn(_digits(c, 15)),
    "Swedish OCR, 10 to 19 digits": _ocr,
    "Danish payment id, 15 digits": lambda c: _luhn(_digits(c, 14)),
    "Finnish reference": lambda c: _finnish(_digits(c, c.randint(3, 19))),
    "Swiss QR reference": lambda c: _swiss(_digits(c, 26)),
    "SSCC of a parcel": lambda c: _gs1(_digits(c, 17)),
    "IBAN": _iban,
    "UUID": lambda c: str(uuid.UUID(int=c.getrandbits(128), version=4)),
    "snowflake": lambda c: str(c.randrange(1_700_000_000_000_000_000, 2_000_000_000_000_000_000)),
    "random 63-bit number": lambda c: str(c.getrandbits(63)),
    "coordinates": lambda c: f"{c.uniform(35, 60):.6f},{c.uniform(-10, 30):.6f}",
}


def main() -> None:
    """Print both tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lambdas", default=str(Path(__file__).resolve().parents[1] / "lambdas"))
    sys.path.insert(0, parser.parse_args().lambdas)
    from payments.privacy import refusal

    try:
        from payments.exemptions import read_exemptions
    except ImportError:
        read_exemptions = None

    def refused(text: str, *exemptions: object) -> bool:
        return refusal({"metadata": {"id": text}}, *exemptions) == "card_data"

    print(f"| {IDS:,} ids of a kind | refused | with an exemption |\n|---|---|---|")
    for kind, make in KINDS.items():
        choice = random.Random(f"{SEED} {kind}")
        ids = [make(choice) for _ in range(IDS)]
        share = f"{sum(map(refused, ids)) / IDS:.2%}"
        exempted = ""
        if read_exemptions and kind in EXEMPTIONS:
            known = read_exemptions(f"metadata.id={EXEMPTIONS[kind]}")
            exempted = f"{sum(refused(each, known) for each in ids) / IDS:.2%}"
        print(f"| {kind} | {share} | {exempted} |")
    missed = [name for name, value in FORMS if refusal({"metadata": {"form": value}}) != "card_data"]
    print(f"\n{len(missed)} of {len(FORMS)} hidden forms are missed: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
