"""What third-party code goes into the artifacts, and that nothing else can."""

from __future__ import annotations

import base64
import hashlib
import re
from configparser import ConfigParser
from dataclasses import fields
from pathlib import Path

import pytest

from payflow_cfn.artifacts.build import read_vendored
from payflow_cfn.artifacts.dependencies import (
    CORE,
    SDKS,
    Pin,
    pinned_lines,
    record_digest,
    vendored_pins,
    verified_files,
)
from payflow_cfn.config.gateways import GATEWAYS
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import PackageError

EVERY = CORE + tuple(pin for pins in SDKS.values() for pin in pins)
BODY = b"VALUE = 1\n"


def line(path: str, body: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(body)}"


RECORD = "\n".join(
    [
        line("thing/__init__.py", BODY),
        "thing/__pycache__/__init__.cpython-311.pyc,,",
        line("thing/extra/big.py", BODY),
        line("thing/__init__.pyi", BODY),
        line("../../../bin/thing", BODY),
        line("/etc/passwd", BODY),
        line("thing/../../outside.py", BODY),
        line("thing-1.0.dist-info/METADATA", BODY),
        line("thing-1.0.dist-info/licenses/LICENSE.txt", BODY),
        line("thing-1.0.dist-info/INSTALLER", BODY),
        line("thing-1.0.dist-info/direct_url.json", BODY),
        "thing-1.0.dist-info/RECORD,,",
    ]
)
COPIED = ("thing-1.0.dist-info/METADATA", "thing-1.0.dist-info/licenses/LICENSE.txt", "thing/__init__.py")


def pin(record: str = "") -> Pin:
    return Pin("thing", "1.0", record or record_digest(pinned_lines(pin("0"), RECORD)), "MIT", ("thing/extra/",))


def test_only_the_distributions_own_code_and_its_license_are_copied() -> None:
    assert tuple(each.split(",")[0] for each in pinned_lines(pin(), RECORD)) == COPIED


def test_the_order_of_a_record_and_what_installers_add_do_not_matter() -> None:
    other = "\r\n".join(reversed(RECORD.splitlines())) + "\r\nthing-1.0.dist-info/REQUESTED,sha256=x,0\r\n"
    assert pinned_lines(pin(), other) == pinned_lines(pin(), RECORD)


def test_verified_files_are_the_ones_of_the_record() -> None:
    assert verified_files(pin(), RECORD, lambda path: BODY) == dict.fromkeys(COPIED, BODY)


def test_a_changed_file_is_refused_by_name() -> None:
    with pytest.raises(PackageError, match=r"thing/__init__\.py of the installed thing 1\.0 was changed"):
        verified_files(pin(), RECORD, lambda path: b"VALUE = 2\n" if path == "thing/__init__.py" else BODY)


def test_a_changed_file_with_a_changed_record_is_refused() -> None:
    changed = RECORD.replace(line("thing/__init__.py", BODY), line("thing/__init__.py", b"VALUE = 2\n"))
    with pytest.raises(PackageError, match=r"the installed thing 1\.0 is not the pinned one"):
        verified_files(pin(), changed, lambda path: b"VALUE = 2\n")


def test_a_file_that_somebody_added_to_the_record_is_refused() -> None:
    with pytest.raises(PackageError, match="is not the pinned one"):
        verified_files(pin(), RECORD + "\n" + line("thing/more.py", BODY), lambda path: BODY)


@pytest.mark.parametrize("each", EVERY, ids=lambda each: each.name)
def test_the_installed_distributions_are_the_pinned_ones(each: Pin) -> None:
    files = read_vendored((each,))
    assert f"{each.folder}/METADATA" in files
    assert any(re.search("LICEN[CS]E", path.upper()) for path in files)


def test_the_project_installs_what_it_vendors() -> None:
    parser = ConfigParser()
    parser.read(Path(__file__).parents[2] / "setup.cfg")
    extras = parser["options.extras_require"]
    for text, pins in [(parser["options"]["install_requires"], CORE), *((extras[sdk], SDKS[sdk]) for sdk in SDKS)]:
        assert {f"{each.name.replace('_', '-')}=={each.version}" for each in pins} <= set(text.split())


def test_each_gateway_s_library_has_a_setting_and_its_pins() -> None:
    sdks = {each.sdk for each in GATEWAYS.values() if each.sdk}
    assert sdks == SDKS.keys()
    assert sdks <= {each.name for each in fields(Settings) if each.default is False}


def test_a_distribution_that_is_not_installed_is_named_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"jmespath 1\.1\.0 is not installed.*pip install jmespath==1\.1\.0"):
        read_vendored(CORE[1:2], search=[str(tmp_path)])


def test_stripe_is_vendored_only_where_its_adapter_is_wanted() -> None:
    assert vendored_pins() == CORE
    assert vendored_pins(["stripe"]) == CORE + SDKS["stripe"]


def test_package_urls_follow_pypis_spelling() -> None:
    assert CORE[0].purl == "pkg:pypi/aws-lambda-powertools@3.37.0"
