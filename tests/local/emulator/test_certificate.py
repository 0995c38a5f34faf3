"""Test the emulator's certificate: a key that only its owner can read, and none that could sign another."""

from __future__ import annotations

import ssl
import stat
import sys
from pathlib import Path

import pytest

from payflow_cfn.errors import LocalError
from payflow_cfn.local.emulator.certificate import make_certificate


def test_the_key_fits_only_its_owner_reads_it_and_no_other_key_is_left(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(made.certificate, made.key)
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir() if "PRIVATE KEY" in each.read_text()] == ["server.key"]


def test_a_missing_trustme_is_one_line_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(LocalError, match=r"pip install 'payflow-cfn\[local\]'"):
        make_certificate(tmp_path)
