"""Test that a command without an answer prints that once, and ends with the right remedy."""

from __future__ import annotations

import http.server
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from payflow_cfn.cli import session
from payflow_cfn.cli.main import main
from payflow_cfn.local.emulator.certificate import make_certificate


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address of this machine that nothing listens on, given to all clients; no pause between attempts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.chdir(tmp_path)
    for name, value in {"ENDPOINT_URL": address, "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    return address


def test_an_endpoint_that_does_not_answer_is_reported_once(nobody: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--env", "dev"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f'no answer yet (Could not connect to the endpoint URL: "{nobody}/"), trying again ...'
    assert [line.split(":")[0] for line in said[1:]] == ["error"]
    assert "check the network and the region" in said[1]


def test_without_an_answer_the_remedy_is_not_to_log_in(
    nobody: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "payflow.toml").write_text('[environments.dev]\naccount = "123456789012"\n')
    assert main(["status", "--env", "dev"]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: asking whose credentials these are failed: Could not connect")
    assert "check the network and the region" in error


def test_no_credentials_are_one_line_whether_the_file_names_the_account_or_not(
    nobody: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.delenv(f"AWS_{name}")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for text in ("", '[environments.dev]\naccount = "123456789012"\n'):
        (tmp_path / "payflow.toml").write_text(text)
        assert main(["status", "--env", "dev"]) == 1
        assert "Unable to locate credentials: log in again, or choose" in capsys.readouterr().err


def test_no_region_is_one_line_with_every_place_for_it(
    nobody: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert main(["status", "--env", "dev"]) == 2
    assert capsys.readouterr().err == (
        "error: no region is known: give --region, or region in payflow.toml, or set AWS_DEFAULT_REGION\n"
    )


def test_a_firewall_that_drops_everything_is_waited_for_seconds_and_not_minutes(nobody: str) -> None:
    assert session.open_session("eu-west-1").client("sts").meta.config.connect_timeout == 10


def test_a_shell_whose_embedded_aws_has_ended_gets_an_error_at_once(
    nobody: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone" / "server.crt"
    monkeypatch.setenv("AWS_CA_BUNDLE", str(gone))
    assert main(["status", "--env", "dev"]) == 2
    assert capsys.readouterr().err == (
        f"error: nothing answers at {nobody}/, and {gone} (AWS_CA_BUNDLE) is gone: start `payflow local up` again and "
        "source its lines, or open another shell\n"
    )


@pytest.fixture
def unknown_authority(nobody: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An https endpoint with a certificate that no client trusts; it notes each attempt to reach it."""
    made = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    attempts: list[str] = []

    class Server(http.server.HTTPServer):
        def verify_request(self, _: object, address: tuple[str, int]) -> bool:
            attempts.append(address[0])
            return True

        def handle_error(self, *_: object) -> None:
            """A handshake that the client breaks off is what is expected here."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def setup(self) -> None:
            self.request = context.wrap_socket(self.request, server_side=True)
            super().setup()

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://127.0.0.1:{server.server_port}")
        monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
        yield attempts
        server.shutdown()


def test_a_certificate_that_is_not_trusted_ends_at_the_first_try(
    unknown_authority: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--env", "dev"]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("error: the certificate of https://127.0.0.1:")
    assert re.search(r"is not trusted \([a-z -]+\): name the file", said)
    assert "in AWS_CA_BUNDLE" in said
    assert len(unknown_authority) <= 1  # the client may be gone before the server looks


@pytest.mark.parametrize(("text", "why"), [(None, "No such file or directory"), ("no certificate", "NO_CERTIFICATE")])
def test_a_bundle_that_holds_no_certificate_ends_at_the_first_try(
    unknown_authority: list[str],
    text: str | None,
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bundle = tmp_path / "bundle.pem"
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    if text is not None:
        bundle.write_text(text)
    assert main(["status", "--env", "dev"]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("error: the trusted certificates cannot be read (")
    assert why in said
    assert said.endswith(f"correct AWS_CA_BUNDLE (now {bundle})")
    assert len(unknown_authority) <= 1  # the client may be gone before the server looks
