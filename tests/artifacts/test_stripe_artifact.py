"""The artifact with the Stripe SDK: small enough, and what it holds is enough, with nothing else to import."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from payflow_cfn.artifacts.build import build_artifact
from payflow_cfn.artifacts.folders import read_sources
from payflow_cfn.artifacts.identities import artifact_inputs
from payflow_cfn.artifacts.package import Artifact

pytestmark = pytest.mark.slow
SERVER = Path(__file__).parents[1] / "lambdas" / "payments" / "gateways" / "localstripe_server.py"
LIMIT = 3_000_000

# -I -S: no environment, no site-packages; the unzipped artifact is all there is beside the standard library.
EVERY_MODULE = """
import importlib, json, os, sys
sys.path.insert(0, sys.argv[1])
names = [os.path.relpath(os.path.join(top, name), sys.argv[1])[:-3].replace("/", ".").removesuffix(".__init__")
         for top, _, files in os.walk(os.path.join(sys.argv[1], "stripe")) for name in files if name.endswith(".py")]
print(json.dumps([importlib.import_module(name).__name__ for name in sorted(names)]))
"""
PAYMENTS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from payments.gateways.protocol import ChargeRequest
from payments.gateways.stripe import StripeGateway
from payments.gateways.stripe_client import stripe_transport
from stripe import StripeClient

gateway = StripeGateway(url=sys.argv[2], secret=lambda: "sk_test_12345", time_left=lambda: 60.0)
client = StripeClient("sk_test_12345", base_addresses={"api": sys.argv[2]}, http_client=stripe_transport(seconds=lambda: 20.0))

def customer(number):
    name = client.v1.customers.create({"email": "a@example.com"}).id
    card = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    client.v1.payment_methods.attach(client.v1.payment_methods.create({"type": "card", "card": card}).id, {"customer": name})
    return name

told = []
for number in ("4242424242424242", "4000000000000341", "4000002500003155"):
    request = ChargeRequest("T", 1050, "USD", "credit_card", customer(number))
    answers = [ask(request, idempotency_key="key-" + number) for ask in (gateway.charge, gateway.find)]
    told.append([str(each.status) for each in answers])
print(json.dumps(told))
"""  # noqa: E501


@pytest.fixture(scope="module")
def artifact() -> Artifact:
    (inputs,) = (each for each in artifact_inputs(sdks=("stripe",)) if each.name == "processing")
    return build_artifact(inputs, read_sources(inputs.name))


@pytest.fixture(scope="module")
def folder(artifact: Artifact, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("task")
    zipfile.ZipFile(io.BytesIO(artifact.body)).extractall(place)
    return place


def alone(program: str, *arguments: str) -> object:
    command = [sys.executable, "-I", "-S", "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_artifact_is_small_enough(artifact: Artifact) -> None:
    assert artifact.size < LIMIT


def test_every_module_of_the_sdk_that_is_kept_can_be_loaded(folder: Path) -> None:
    loaded = alone(EVERY_MODULE, str(folder))
    assert isinstance(loaded, list)
    assert len(loaded) > 100


def test_payments_are_made_found_and_declined_with_what_is_kept(folder: Path) -> None:
    child = subprocess.Popen([sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        told = alone(PAYMENTS, str(folder), f"http://127.0.0.1:{int(child.stdout.readline())}")
    finally:
        child.stdin.close()
        child.wait()
        child.stdout.close()
    assert told == [["SUCCEEDED"] * 2, ["DECLINED"] * 2, ["DECLINED"] * 2]
