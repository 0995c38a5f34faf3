"""Make deploying/transcript.md, every journey on the embedded AWS: `PYTHONPATH=src python docs/deploying.py`."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.cli import main as cli
from payflow_cfn.config.settings import Settings
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import emulator
from payflow_cfn.stacks import render
from payflow_cfn.stacks.render import build_set

PAGE = Path(__file__).with_suffix("") / "transcript.md"
BEGIN, END = "<!-- made by docs/deploying.py -->\n", "<!-- end -->\n"
BUCKET = "payflow-artifacts"
FILE = f"""[environments.dev]
bucket = "{BUCKET}"
termination_protection = true

[environments.dev.parameters]
ResourceCoverage = "core"
"""
SETTLED = re.compile(r"\d\d:\d\d:\d\d \w+(?<!_FAILED) ")
OUTPUT = re.compile(r"[A-Z][A-Za-z]+=")
WIDE = 220


def edit_set(file: str, edit: Callable[[dict[str, Any]], None]) -> None:
    """Let the commands build the set with one of its templates edited."""

    def other(settings: Settings, extensions: Any = None) -> TemplateSet:
        made = build_set(settings, extensions)
        body = json.loads(made.templates[file])
        edit(body["Resources"])
        return replace(made, templates={**made.templates, file: json.dumps(body)})

    render.build_set = other


def other_key(resources: dict[str, Any]) -> None:
    resources["TransactionsTable"]["Properties"]["AttributeDefinitions"][0]["AttributeType"] = "N"


def missing_group(after: str) -> Callable[[dict[str, Any]], None]:
    transformation = {"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}
    properties = {"LogGroupName": "no-such-group", "FilterPattern": "", "MetricTransformations": [transformation]}

    def edit(resources: dict[str, Any]) -> None:
        resources["ExtraFilter"] = {
            "Type": "AWS::Logs::MetricFilter", "Properties": properties, **({"DependsOn": after} if after else {}),
        }  # fmt: skip

    return edit


def shortened(lines: list[str]) -> Iterator[str]:
    """The lines with runs of settled resources and of outputs told by their number."""
    runs: dict[str, int] = {}
    for line in [*lines, ""]:
        kind = "events" if SETTLED.match(line) else "outputs" if OUTPUT.match(line) else ""
        for other in [each for each in runs if each != kind]:
            yield f"... {runs.pop(other)} {other}"
        if kind:
            runs[kind] = runs.get(kind, 0) + 1
        else:
            yield line if len(line) <= WIDE else f"{line[:WIDE]}..."


def run(said: list[str], clients: LocalClients, *words: str, note: str = "") -> None:
    """Run one command, and write down what it said and how it ended."""
    said += [f"# {note}"] if note else []
    said.append(f"$ payflow {' '.join(words)}")
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        status = cli.main(list(words), lambda *_: clients)
    text = re.sub(r"payflow-([0-9a-f]{4})[0-9a-f]{28}", r"payflow-\1...", out.getvalue())
    text = re.sub(r"deployed in \d+ s", "deployed in ... s", text)
    said += [*[each for each in shortened(text.splitlines()) if each], f"[exit {status}]", ""]


def journeys(clients: LocalClients) -> list[str]:
    said: list[str] = []
    deploy = ("deploy", "--env", "dev", "--yes")
    run(said, clients, *deploy, note="the first deploy")
    asked: list[str] = []
    for service in ("cloudformation", "s3"):
        clients(service).meta.events.register("before-call.*", lambda model, **_: asked.append(model.name))
    run(said, clients, *deploy, note="again: nothing to change")
    said[-1:] = [f"# requests: {', '.join(asked)}", ""]
    run(said, clients, "plan", "--env", "dev", "--parameter", "ErrorsThreshold=7")
    run(said, clients, *deploy, "--parameter", "ErrorsThreshold=7", note="one threshold")
    edit_set("storage.json", other_key)
    run(said, clients, *deploy, note="a set whose table has a key of another type")
    edit_set("monitoring.json", missing_group(""))
    run(said, clients, *deploy, note="a set with a filter on a log group that is not there")
    stuck_and_recovered(clients, said, deploy)
    run(said, clients, "drift", "--env", "dev")
    run(said, clients, "destroy", "--env", "dev", "--yes", note="protected")
    run(said, clients, "destroy", "--env", "dev", "--yes", "--lift-protection")
    return said


def stuck_and_recovered(clients: LocalClients, said: list[str], deploy: tuple[str, ...]) -> None:
    """An update that fails while the code that its rollback needs is not in the bucket."""
    s3 = clients("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    needed = next(each for each in keys if "/processing-" in each)
    body = s3.get_object(Bucket=BUCKET, Key=needed)["Body"].read()
    s3.delete_object(Bucket=BUCKET, Key=needed)
    Path("payflow.toml").write_text(f'{FILE}\n[settings]\nruntime = "python3.12"\n')
    edit_set("functions.json", missing_group("ProcessingFunction"))
    run(
        said,
        clients,
        *deploy,
        note="fails, and somebody has removed the deployed code from the bucket: the rollback fails too",
    )
    render.build_set = build_set
    run(said, clients, *deploy)
    s3.put_object(Bucket=BUCKET, Key=needed, Body=body)
    run(said, clients, "recover", "--env", "dev", "--yes", note="the code is back in the bucket")


def main() -> None:
    with emulator() as cloud, tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        clients = local_clients(cloud)
        clients("s3").create_bucket(Bucket=BUCKET)
        Path("payflow.toml").write_text(FILE)
        lines = journeys(clients)
    before, rest = PAGE.read_text().split(BEGIN)
    after = rest.split(END)[1]
    block = "\n".join(["```console", "$ cat payflow.toml", *FILE.splitlines(), "", *lines[:-1], "```", ""])
    PAGE.write_text(f"{before}{BEGIN}{block}{END}{after}")


if __name__ == "__main__":
    os.environ.pop("AWS_PROFILE", None)
    main()
