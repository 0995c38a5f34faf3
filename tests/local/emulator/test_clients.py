"""Test that clients reach only the emulator, whatever the user's shell contains."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from payflow_cfn.errors import LocalError
from payflow_cfn.local.emulator.clients import LocalClients, child_environment, local_clients
from payflow_cfn.local.emulator.environment import Keys, isolated_environment, require_loopback

if TYPE_CHECKING:
    from payflow_cfn.local.emulator.emulator import Emulator

SOURCE = Path(__file__).resolve().parents[3] / "src"

# Starts an emulator and uses it, with every connection of this process to another address refused and remembered.
ISOLATED = """
import json, socket
tried = []
connect = socket.socket.connect
def guarded(self, address):
    if self.family != socket.AF_UNIX and not str(address[0]).startswith("127."):
        tried.append(address)
        raise OSError("blocked")
    return connect(self, address)
socket.socket.connect = guarded
from payflow_cfn.local.emulator.clients import local_clients
from payflow_cfn.local.emulator.emulator import emulator
with emulator() as running:
    clients = local_clients(running)
    account = clients("sts").get_caller_identity()["Account"]
    clients("s3").create_bucket(Bucket="artifacts")
    keys = clients("s3").list_objects_v2(Bucket="artifacts")["KeyCount"]
print(json.dumps([account, keys, tried]))
"""


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:4566", "http://[::1]:80", "https://localhost:1", "http://127.9.9.9"]
)
def test_a_loopback_endpoint_is_taken(url: str) -> None:
    assert require_loopback(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://sts.amazonaws.com",
        "https://127.0.0.1.example.com",
        "https://127.0.0.1@example.com",
        "https://10.0.0.1:4566",
        "https://localhost.localstack.cloud:4566",
        "http://0.0.0.0:4566",
        "http://169.254.169.254",
        "127.0.0.1:4566",
        "",
    ],
)
def test_any_other_endpoint_is_refused(url: str) -> None:
    with pytest.raises(LocalError, match="is not on this machine's loopback"):
        LocalClients(endpoint=url, ca_bundle=Path("none.pem"), region="us-east-1", keys=("k", "s"))


def test_a_child_environment_has_no_value_of_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    users = {
        "AWS_PROFILE": "prod",
        "AWS_SESSION_TOKEN": "real",
        "HTTPS_PROXY": "http://10.0.0.1:1",
        "HOME": "/home/user",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_ENDPOINT_URL_S3": "https://10.0.0.1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for name, value in users.items():
        monkeypatch.setenv(name, value)
    made = isolated_environment(
        tmp_path, keys=Keys("AKIARUN", "run"), region="us-east-1", ca_bundle=tmp_path / "server.crt"
    )
    assert {name: made.get(name) for name in users} == {
        "AWS_PROFILE": None,
        "AWS_SESSION_TOKEN": None,
        "HTTPS_PROXY": None,
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "AKIARUN",
        "AWS_ENDPOINT_URL_S3": None,
        "PYTHONDONTWRITEBYTECODE": None,
    }


@pytest.mark.local
def test_a_shell_set_up_for_production_is_never_used(tmp_path: Path) -> None:
    folder = tmp_path / ".aws"
    folder.mkdir()
    (folder / "config").write_text("[profile prod]\nregion = eu-west-1\nendpoint_url = http://10.0.0.1\n")
    (folder / "credentials").write_text("[prod]\naws_access_key_id = AKIAPRODPRODPRODPROD\naws_secret_access_key = s\n")
    shell = os.environ | {
        "HOME": str(tmp_path),
        "AWS_PROFILE": "prod",
        "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL": "https://10.0.0.2",
        "AWS_CA_BUNDLE": "/no/such.pem",
        "HTTPS_PROXY": "http://10.0.0.3:3128",
        "ALL_PROXY": "http://10.0.0.3:3128",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "PYTHONPATH": str(SOURCE),
    }
    result = subprocess.run([sys.executable, "-c", ISOLATED], env=shell, capture_output=True, text=True, check=False)
    assert result.stderr == ""
    assert json.loads(result.stdout) == ["123456789012", 0, []]


@pytest.mark.local
def test_the_aws_cli_reaches_the_emulator_in_the_child_environment(cloud: Emulator) -> None:
    program = shutil.which("aws", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert program is not None
    result = subprocess.run(
        [program, "sts", "get-caller-identity", "--query", "Account", "--output", "text"],
        env=child_environment(cloud),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.stdout.strip(), result.stderr) == ("123456789012", "")


@pytest.mark.local
def test_a_service_has_one_client_for_all_threads(shared_emulator: Emulator) -> None:
    clients = local_clients(shared_emulator)
    made: list[int] = []
    threads = [threading.Thread(target=lambda: made.append(id(clients("sqs")))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert set(made) == {id(clients.client("sqs"))}


@pytest.mark.local
def test_another_certificate_than_the_emulators_is_refused(shared_emulator: Emulator, tmp_path: Path) -> None:
    from botocore.exceptions import SSLError

    from payflow_cfn.local.emulator.certificate import make_certificate

    other = make_certificate(tmp_path).bundle
    clients = LocalClients(endpoint=shared_emulator.endpoint, ca_bundle=other, region="us-east-1", keys=("k", "s"))
    with pytest.raises(SSLError):
        clients("sts").get_caller_identity()


@pytest.mark.local
def test_the_emulator_listens_on_the_loopback_only(shared_emulator: Emulator) -> None:
    port = int(shared_emulator.endpoint.rpartition(":")[2])
    with socket.socket() as other:
        # Taken on 0.0.0.0, the port could not be bound on another loopback address.
        other.bind(("127.0.0.2", port))
