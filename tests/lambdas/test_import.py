"""Tests that both functions can be imported anywhere: no AWS, no environment, no network, nothing heavy (O33)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

LAMBDAS = Path(__file__).resolve().parents[2] / "lambdas"
HANDLERS = ("validation.handler", "processing.handler")

# Both are set by Lambda itself and only name the runtime.
READ_BY_POWERTOOLS = {"AWS_EXECUTION_ENV", "AWS_LAMBDA_INITIALIZATION_TYPE"}

# Powertools imports the bare `botocore` to name itself in the user agent: ten milliseconds, no session, no client.
# The environment that a module reads at import is replaced by one that may not be read for our names.
PROBE = """
import json, os, socket, sys
def refuse(*a, **k): raise AssertionError("network at import")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
seen = []
class Watched(dict):
    def get(self, key, default=None): seen.append(key); return dict.get(self, key, default)
    def __getitem__(self, key): seen.append(key); return dict.__getitem__(self, key)
os.environ = Watched(os.environ)
import importlib
module = importlib.import_module(sys.argv[1])
names = ("boto3", "botocore.session", "botocore.client",
         "stripe", "requests", "urllib3", "ssl", "http.client", "payflow_cfn", "aws_xray_sdk")
heavy = [name for name in names if name in sys.modules]
print(json.dumps({"callable": callable(module.handle), "heavy": heavy, "read": sorted(set(map(str, seen)))}))
"""


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_imports_without_aws_environment_or_network(handler: str, tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(LAMBDAS), "HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, handler],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["callable"] is True
    assert told["heavy"] == []
    ours = ("AWS", "TABLE", "ENVIRONMENT", "LOG_LEVEL", "POWERTOOLS_SERVICE", "POWERTOOLS_METRICS")
    assert {name for name in told["read"] if name.startswith(ours)} <= READ_BY_POWERTOOLS


def test_the_functions_know_nothing_of_the_library_that_deploys_them() -> None:
    sources = [path.read_text() for path in LAMBDAS.rglob("*.py")]
    assert len(sources) > 20
    assert not [text for text in sources if "payflow_cfn" in text]


@pytest.mark.parametrize("own", ["validation", "processing"])
def test_a_function_does_not_import_the_other_one(own: str) -> None:
    other = {"validation": "processing", "processing": "validation"}[own]
    sources = [path.read_text() for folder in (own, "payments") for path in (LAMBDAS / folder).rglob("*.py")]
    assert not [text for text in sources if f"from {other}" in text or f"import {other}" in text]
