"""The third-party code in the Lambda artifacts: the pinned distributions, their copied files and hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import NamedTuple

from payflow_cfn.errors import PackageError


class Pin(NamedTuple):
    """One pure-Python distribution at one version.

    `record` is the SHA-256 of the sorted RECORD lines of the files that are copied (`pinned_lines`), so a single number
    pins every byte. `left_out` are folders that the functions do not need. `license` is an SPDX identifier.
    """

    name: str
    version: str
    record: str
    license: str
    left_out: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        return f"{self.name}-{self.version}.dist-info"

    @property
    def purl(self) -> str:
        """The package URL (https://github.com/package-url/purl-spec, type pypi)."""
        return f"pkg:pypi/{self.name.replace('_', '-').lower()}@{self.version}"


# Logger and metrics are what the functions use; the rest is nine tenths of the bytes and wants pydantic and more.
_POWERTOOLS_LEFT_OUT = (
    "aws_lambda_powertools/event_handler/",
    *(
        f"aws_lambda_powertools/utilities/{each}/"
        for each in (
            "auth_alpha",
            "batch",
            "circuit_breaker",
            "data_classes",
            "data_masking",
            "feature_flags",
            "idempotency",
            "kafka",
            "parameters",
            "parser",
            "streaming",
            "validation",
        )
    ),
)

CORE: tuple[Pin, ...] = (
    Pin(
        name="aws_lambda_powertools",
        version="3.37.0",
        record="f80cc6d993420653324abe1cf678ed5b33d2ad7270d53259c47b25a35519fd65",
        license="MIT-0",
        left_out=_POWERTOOLS_LEFT_OUT,
    ),
    Pin(
        name="jmespath",
        version="1.1.0",
        record="68cb0bc5d3f3f3c74ecaa9527666df4947018afbe237ae359aa577fc1f0da189",
        license="MIT",
    ),
    Pin(
        name="typing_extensions",
        version="4.16.0",
        record="ad0aef5fd61b654a396281de2b41580c0627cdd870d2196db11d3f345e4547ee",
        license="PSF-2.0",
    ),
)

# Types for the checker only, webhook events, what only works with test keys, and Stripe's other products. The SDK loads
# a product's module when it is asked for or when an answer holds such an object: no intent, method or customer does.
_STRIPE_LEFT_OUT = tuple(
    f"stripe/{each}/"
    for each in (
        *("params", "events", "test_helpers"),
        *("apps", "billing", "billing_portal", "checkout", "climate", "data", "entitlements", "financial_connections"),
        *("forwarding", "identity", "issuing", "product_catalog", "radar", "reporting", "reserve", "sigma", "tax"),
        *("terminal", "three_d_secure", "treasury"),
        *("v2/billing", "v2/commerce", "v2/money_management", "v2/test_helpers"),
    )
)

# By the name of the gateway's `sdk`. Stripe's uses the standard library where `requests` is missing, and `requests`
# would bring compiled code.
SDKS: Mapping[str, tuple[Pin, ...]] = {
    "stripe": (
        Pin(
            name="stripe",
            version="16.1.0",
            record="bffdffbe26bffcb31941d9a0b952880680593c130f2fbf33dd2c300c7d28866e",
            license="MIT",
            left_out=_STRIPE_LEFT_OUT,
        ),
    ),
}


def vendored_pins(sdks: Iterable[str] = ()) -> tuple[Pin, ...]:
    """The pins of an artifact; a gateway's library only with its setting."""
    return CORE + tuple(pin for each in sdks for pin in SDKS[each])


def pin_of(name: str, version: str, record: str) -> Pin:
    """Our pin with these values, or a new one whose license is not known."""
    known = CORE + tuple(chain.from_iterable(SDKS.values()))
    ours = (each for each in known if (each.name, each.version, each.record) == (name, version, record))
    return next(ours, Pin(name, version, record, license=""))


def pinned_lines(pin: Pin, record: str) -> tuple[str, ...]:
    """The lines of a RECORD file whose files are copied, sorted.

    Installers add lines of their own (bytecode, scripts, INSTALLER): these are not part of the distribution
    (https://packaging.python.org/en/latest/specifications/recording-installed-packages/).
    """
    import csv

    rows = (row for row in csv.reader(record.splitlines()) if len(row) == 3 and row[1])
    return tuple(sorted(",".join(row) for row in rows if _is_copied(pin, row[0])))


def _is_copied(pin: Pin, path: str) -> bool:
    if path.startswith(("/", "../")) or "/../" in path or path.endswith((".pyc", ".pyi")):
        return False
    if path.startswith(pin.folder + "/"):
        rest = path.removeprefix(pin.folder + "/")
        return rest == "METADATA" or rest.upper().startswith(("LICENSE", "LICENCE", "NOTICE"))
    return not path.startswith(pin.left_out) if pin.left_out else True


def record_digest(lines: Iterable[str]) -> str:
    """The SHA-256 that a pin holds for these lines."""
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def verified_files(pin: Pin, record: str, read: Callable[[str], bytes]) -> Mapping[str, bytes]:
    """The files of one installed distribution as {path: bytes}, each one compared with its pinned hash.

    `read` gives the bytes of a path that is relative to the folder of the installation. A RECORD or a file that is not
    the pinned one is a PackageError that names it.
    """
    import csv

    lines = pinned_lines(pin, record)
    found = record_digest(lines)
    if found != pin.record:
        raise PackageError(
            f"the installed {pin.name} {pin.version} is not the pinned one: RECORD {found[:12]}, not {pin.record[:12]}",
            remedy=f"reinstall it from PyPI: pip install --force-reinstall --no-deps {pin.name}=={pin.version}",
            distribution=pin.name,
            found=found,
            wanted=pin.record,
        )
    return {path: _verified(pin, path, hashed, read(path)) for path, hashed, _ in csv.reader(lines)}


def _verified(pin: Pin, path: str, hashed: str, body: bytes) -> bytes:
    import base64

    digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
    if hashed != f"sha256={digest}":
        raise PackageError(
            f"{path} of the installed {pin.name} {pin.version} was changed after installation",
            remedy=f"reinstall it: pip install --force-reinstall --no-deps {pin.name}=={pin.version}",
            distribution=pin.name,
            path=path,
        )
    return body
