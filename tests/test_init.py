"""The package's public names, and what its import costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import payflow_cfn

SLOW = ("troposphere", "pydantic", "boto3", "botocore", "cfnlint", "yaml", "rich")


def imported_by(code: str) -> set[str]:
    """Which of the slow modules a fresh interpreter has loaded after running `code`."""
    shown = f"{code}\nimport sys\nprint('loaded', *[each for each in {SLOW!r} if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_the_import_loads_nothing_slow() -> None:
    assert imported_by("import payflow_cfn") == set()


def test_help_loads_nothing_slow() -> None:
    assert imported_by("from payflow_cfn.cli import main\nmain(['--help'])") == set()


def test_rendering_loads_no_yaml_and_no_client() -> None:
    code = (
        "import os, sys, tempfile\nos.chdir(tempfile.mkdtemp())\nsys.argv[1:] = ['render']\n"
        "from payflow_cfn.__main__ import run\ntry:\n    run()\nexcept SystemExit:\n    pass"
    )
    assert imported_by(code) == {"troposphere"}


def test_a_client_needs_botocore_alone() -> None:
    assert imported_by("from payflow_cfn.commands.aws import client\nclient('s3', 'eu-west-1')") == {"botocore"}


@pytest.mark.parametrize("name", payflow_cfn.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(payflow_cfn, name).__name__ == name


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = payflow_cfn.nothing
