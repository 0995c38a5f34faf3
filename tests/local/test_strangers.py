"""Test that another account of the machine reaches the ports and nothing behind them."""

from __future__ import annotations

import base64
import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from payflow_cfn.local.emulator.clients import LocalClients, child_environment, local_clients
from payflow_cfn.local.emulator.emulator import Emulator, emulator
from payflow_cfn.local.gateway.gateway import FakeGateway, fake_gateway
from payflow_cfn.local.gateway.proxy import TableProxy, table_proxy

from .conftest import TRUST, zipped

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.local

# Knows the ports, as everybody does, and how MiniStack makes keys; prints what each attempt came to.
STRANGER = """
import encodings.idna, hashlib, http.client, json, os, ssl, sys
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

port, gateway, proxy, function, role, code = json.loads(sys.argv[1])

def sent(to, method, path, body=b"", **headers):
    secure = {"context": ssl._create_unverified_context()} if to == port else {}
    kind = http.client.HTTPSConnection if to == port else http.client.HTTPConnection
    line = kind("127.0.0.1", to, timeout=30, **secure)
    line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    return line.getresponse().status

def signed(keys, service, path, body, **headers):
    request = AWSRequest("POST", f"https://127.0.0.1:{port}{path}", data=body)
    SigV4Auth(Credentials(*keys), service, "us-east-1").add_auth(request)
    return sent(port, "POST", path, body, **dict(request.headers.items()), **headers)

def attempts():
    functions, invocations = "/2015-03-31/functions", "/2015-03-31/functions/writer/invocations"
    make = {"FunctionName": "intruder", "Runtime": "python3.11", "Role": role, "Handler": "main.handle",
            "Code": {"ZipFile": code}}
    make = json.dumps(make).encode()
    digest = hashlib.sha256(f"{function}:{role}".encode()).hexdigest()
    parts = [hashlib.sha256(f"{part}:{digest}".encode()).hexdigest() for part in ("secret", "token")]
    session = ("ASIA" + digest[:16].upper(), *parts)
    holders = {"test": ("test", "test"), "digits": ("123456789012", "test"), "unknown": ("AKIA0000", "test"),
               "session": session}
    for name, keys in holders.items():
        yield f"create, {name}", signed(keys, "lambda", functions, make)
        yield f"invoke, {name}", signed(keys, "lambda", invocations, b"{}")
        yield f"role, {name}", signed(keys, "iam", "/", b"Action=ListRoles&Version=2010-05-08",
                                      content_type="application/x-www-form-urlencoded")
        yield f"rows, {name}", signed(keys, "dynamodb", "/", b'{"TableName": "rows"}',
                                      x_amz_target="DynamoDB_20120810.Scan")
        yield f"reset, {name}", signed(keys, "ministack", "/_ministack/reset", b"{}")
    yield "create, unsigned", sent(port, "POST", functions, make)
    yield "invoke, unsigned", sent(port, "POST", invocations, b"{}")
    yield "bucket, unsigned", sent(port, "PUT", "/intruder")
    for path in ("health", "ready", "lambda-code/writer", "sqs/messages"):
        yield path, sent(port, "GET", "/_ministack/" + path)
    for path in ("reset", "config"):
        yield path, sent(port, "POST", "/_ministack/" + path, b'{"lambda_svc.LAMBDA_EXECUTOR": "docker"}')
    yield "/health", sent(port, "GET", "/health")
    yield "preflight", sent(port, "OPTIONS", "/intruder")
    charge = {"transaction_id": "t", "amount_minor": 1, "currency": "USD", "payment_method": "card", "customer_id": "c"}
    yield "charge", sent(gateway, "POST", "/charges", json.dumps(charge).encode(), idempotency_key="k")
    yield "find", sent(gateway, "GET", "/charges/k")
    yield "find, wrong path", sent(gateway, "GET", "/0000/charges/k")
    yield "proxy", sent(proxy, "POST", "/", b'{"TableName": "rows"}', x_amz_target="DynamoDB_20120810.Scan")

ssl._create_unverified_context()
SigV4Auth(Credentials("a", "b"), "c", "us-east-1").add_auth(AWSRequest("POST", "https://127.0.0.1/", data=b""))
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
print(json.dumps(dict(attempts())))
"""

READER = """
import boto3
def handle(event, context):
    return boto3.client("dynamodb").scan(TableName="rows")["Count"]
"""


class Machine:
    """An emulator with a table and a function that reads it, a gateway and a proxy, all of one run."""

    def __init__(self, cloud: Emulator, bank: FakeGateway, proxy: TableProxy, role: str) -> None:
        self.cloud, self.bank, self.proxy, self.role = cloud, bank, proxy, role
        self.clients = local_clients(cloud)

    def stranger(self) -> dict[str, int]:
        """The status of each of the stranger's attempts; run as root, the stranger is another user."""
        function = f"arn:aws:lambda:us-east-1:{self.cloud.account}:function:writer"
        ports = [urlsplit(url).port for url in (self.cloud.endpoint, self.bank.url, self.proxy.server.url)]
        known = json.dumps([*ports, function, self.role, base64.b64encode(zipped(READER)).decode()])
        result = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", STRANGER, known], capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stderr
        found: dict[str, int] = json.loads(result.stdout)
        return found

    def read(self) -> Any:
        """What the function answers."""
        return json.loads(self.clients("lambda").invoke(FunctionName="writer")["Payload"].read())


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with (
        table_proxy() as proxy,
        emulator(worker_environment=proxy.worker_environment()) as cloud,
        fake_gateway() as bank,
    ):
        proxy.forward_to(cloud)
        clients = local_clients(cloud)
        clients("dynamodb").create_table(
            TableName="rows",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "transaction_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "transaction_id", "AttributeType": "S"}],
        )
        yield Machine(cloud, bank, proxy, _reader(clients))


def _reader(clients: LocalClients) -> str:
    role: str = clients("iam").create_role(RoleName="reader", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    scan = {"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [scan]})
    clients("iam").put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=document)
    clients("lambda").create_function(
        FunctionName="writer",
        Runtime="python3.11",
        Role=role,
        Handler="main.handle",
        Timeout=30,
        Code={"ZipFile": zipped(READER)},
    )
    return role


def test_another_account_of_the_machine_gets_nothing_done(machine: Machine) -> None:
    """The function's own session goes on working, through the proxy too, and so does the account's root."""
    assert machine.read() == 0
    struck = len(machine.proxy.struck)
    came_to = machine.stranger()
    assert {name: status for name, status in came_to.items() if status != 403} == {}
    named = [each["FunctionName"] for each in machine.clients("lambda").list_functions()["Functions"]]
    assert named == ["writer"]
    assert machine.clients("dynamodb").list_tables()["TableNames"] == ["rows"]
    assert machine.clients("s3").list_buckets()["Buckets"] == []
    assert machine.bank.calls == []
    assert len(machine.proxy.struck) == struck
    assert machine.read() == 0


def test_a_functions_session_gives_no_orders_to_the_emulator(machine: Machine) -> None:
    """MiniStack's own endpoints are for whoever started it: a function may not empty it."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from botocore.httpsession import URLLib3Session

    clients = machine.clients
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": machine.cloud.account}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = clients("iam").create_role(RoleName="taken", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    made = clients("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    taken = Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    order = AWSRequest("POST", machine.cloud.endpoint + "/_ministack/reset", data=b"{}")
    SigV4Auth(taken, "ministack", "us-east-1").add_auth(order)
    trusting: Any = {"verify": str(machine.cloud.ca_bundle)}
    answer = URLLib3Session(**trusting).send(order.prepare())
    assert answer.status_code == 403
    assert clients("dynamodb").list_tables()["TableNames"] == ["rows"]


def test_each_run_has_a_key_of_its_own_which_its_words_do_not_show() -> None:
    with emulator() as first, emulator() as second:
        assert first.keys != second.keys
        assert first.keys.secret not in f"{first} {first.keys}"
        assert stat.S_IMODE(first.home.stat().st_mode) == 0o700
        assert child_environment(first)["AWS_SECRET_ACCESS_KEY"] == first.keys.secret


def test_a_port_that_comes_back_keeps_its_secret_path() -> None:
    with fake_gateway() as bank:
        before = bank.url
        with bank.refusing():
            pass
        assert bank.url == before


def test_what_up_prints_holds_no_secret_and_its_file_is_the_owners(checks: str) -> None:
    from payflow_cfn.local.demo.demo import up

    lines: list[str] = []
    seen: list[tuple[int, str]] = []

    def look() -> None:
        exported = dict(line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
        path = Path(exported["AWS_SHARED_CREDENTIALS_FILE"])
        seen.append((stat.S_IMODE(path.stat().st_mode), path.read_text(encoding="ascii")))

    up(lines.append, lambda _: None, wait=look, cache=checks)
    mode, content = seen[0]
    assert mode == 0o600
    secret = content.split("aws_secret_access_key = ")[1].strip()
    assert len(secret) >= 40
    assert secret not in "\n".join(lines)
