"""What needs no AWS runs without any: no network, no home, no credentials, no region (O33).

An audit hook sees connects and look-ups below every library, in child processes too: it comes with `sitecustomize`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from payflow_cfn import cli
from payflow_cfn.version import TEMPLATE_VERSION

REPOSITORY = Path(__file__).resolve().parents[1]

HOOK = """
import os, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"):
        with open(os.environ["SEEN"], "a") as seen:
            seen.write(f"{event} {arguments}\\n")
        raise OSError("the network is blocked")

sys.addaudithook(refuse)
"""
# Root can make every folder but one below a file.
NO_HOMES: tuple[dict[str, str], ...] = ({}, {"HOME": "/dev/null/home"})
WHERE = ("--env", "dev", "--account", "111122223333", "--region", "eu-west-2")
COMMANDS = (
    ("render",),
    ("render", "--check"),
    ("render", "--artifacts", "--out", "with-artifacts"),
    ("lint",),
    ("lint", f"templates/{TEMPLATE_VERSION}", "--fast", "--format", "sarif"),
    ("package", "--out", "zips"),
    ("diff", f"templates/{TEMPLATE_VERSION}", f"with-artifacts/{TEMPLATE_VERSION}"),
    ("schema",),
    ("report", "--against", "1.0.0"),
    ("verify", "report.html"),
    (
        "policy",
        "deployer",
        "--env",
        "dev",
        "--account",
        "111122223333",
        "--region",
        "cn-north-1",
        "--bucket",
        "artifacts",
    ),
)
HELPS = tuple((*command, "--help") for command in ((), ("--version",), *((name,) for name in cli.COMMANDS)))
# All of them in one process: each would import the same libraries.
ALL = """
import contextlib, io, json
from payflow_cfn.cli.main import main
wrong = {{}}
for command in {commands}:
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        status = main([*command])
    if status or "Traceback" in told.getvalue():
        wrong[" ".join(command)] = (status, told.getvalue()[-500:])
print(json.dumps(wrong))
"""


class Offline:
    """Runs programs in one folder with nothing but a path; `seen` is what they tried on the network."""

    def __init__(self, folder: Path, home: dict[str, str]) -> None:
        self.folder = folder
        self.home = home
        (folder / "hook").mkdir()
        (folder / "hook" / "sitecustomize.py").write_text(HOOK)

    def run(self, *arguments: str, path: str = "src") -> subprocess.CompletedProcess[str]:
        """Run Python with these arguments."""
        # A directory of lambdas or src, and the hook first. AWS_* and HOME are not handed on.
        environment = {
            "PYTHONPATH": f"{self.folder / 'hook'}:{REPOSITORY / path}",
            "PATH": "/usr/bin:/bin",
            "SEEN": str(self.folder / "seen"),
            "AWS_EC2_METADATA_DISABLED": "true",
            **self.home,
        }
        command = [sys.executable, *arguments]
        return subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True, check=False)

    @property
    def seen(self) -> str:
        """What was tried, a line each."""
        file = self.folder / "seen"
        return file.read_text() if file.exists() else ""


@pytest.fixture(params=NO_HOMES, ids=["no HOME", "HOME that is not there"])
def offline(request: pytest.FixtureRequest, tmp_path: Path) -> Offline:
    return Offline(tmp_path, request.param)


def test_the_hook_sees_a_client_of_ours_that_would_connect(offline: Offline) -> None:
    done = offline.run("-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')")
    assert done.returncode != 0
    assert "socket." in offline.seen


@pytest.mark.slow
def test_lint_runs_without_aws_and_without_a_home_for_its_reports(tmp_path: Path) -> None:
    offline = Offline(tmp_path, {})
    done = offline.run("-c", ALL.format(commands=(("lint",), ("lint", "--help"))))
    assert (done.returncode, done.stderr, json.loads(done.stdout), offline.seen) == (0, "", {}, "")


@pytest.mark.slow
def test_every_command_that_needs_no_aws_runs_without_it(tmp_path: Path) -> None:
    offline = Offline(tmp_path, {"HOME": "/dev/null/home"})
    done = offline.run("-c", ALL.format(commands=(*COMMANDS, *HELPS)))
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {}
    assert offline.seen == ""
    assert sorted(each.name for each in (offline.folder / "zips").iterdir()) == ["processing.zip", "validation.zip"]


@pytest.mark.parametrize("module", ["validation.handler", "processing.handler"])
def test_both_handlers_are_imported_without_aws(offline: Offline, module: str) -> None:
    done = offline.run("-c", f"import {module} as handler; assert callable(handler.handle)", path="lambdas")
    assert (done.returncode, done.stderr) == (0, "")
    assert offline.seen == ""


def test_the_library_is_imported_and_renders_without_aws(offline: Offline) -> None:
    code = (
        "import sys, payflow_cfn as p; s = p.parse_settings({}); print(len(p.__all__));"
        "assert not {'boto3', 'botocore'} & set(sys.modules)"
    )
    done = offline.run("-c", code)
    assert (done.returncode, done.stderr) == (0, "")
    assert offline.seen == ""


@pytest.mark.slow
def test_deploy_without_a_profile_is_one_line_and_render_does_not_care(tmp_path: Path) -> None:
    offline = Offline(tmp_path, {"HOME": "/nonexistent", "AWS_PROFILE": "nope"})
    assert offline.run("-m", "payflow_cfn", "render").returncode == 0
    done = offline.run("-m", "payflow_cfn", "deploy", "--env", "dev", "--bucket", "b", "--yes")
    assert done.returncode == 2
    assert "nope" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert offline.seen == ""
