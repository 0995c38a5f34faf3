"""Make the pictures of the README from what the commands print: `PYTHONPATH=src python docs/site/pictures.py`.

Everything runs on the embedded AWS, so it needs the extra `local`.
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from pathlib import Path

from click.testing import CliRunner
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.cli.main import cli
from payflow_cfn.cli.session import Connect
from payflow_cfn.config.settings import Settings
from payflow_cfn.local.emulator.clients import local_clients
from payflow_cfn.local.emulator.emulator import emulator
from payflow_cfn.report.pictures import workflow_picture
from payflow_cfn.report.style import DARK, LIGHT
from payflow_cfn.stacks.render import build_set

IMAGES = Path(__file__).parents[1] / "images"
SETTINGS = """[settings]
function_memory = 512

[environments.dev]
bucket = "artifacts"

[environments.dev.parameters]
ResourceCoverage = "core"
LogRetentionDays = 400
"""
# The fonts of the reader's system: rich's own text names a font of another host.
_FONT = re.compile(r"\s*@font-face \{.*?\}\n", re.DOTALL)


def printed(*words: str, connect: Connect | None = None) -> str:
    """What a command prints, with its colours."""
    done = CliRunner().invoke(cli, list(words), color=True, obj=connect)
    if done.exit_code:
        raise SystemExit(f"payflow {' '.join(words)}: {done.output}")
    return done.output


def drawn(name: str, command: str, text: str, *, width: int) -> None:
    """Write a picture of a terminal after a command."""
    console = Console(record=True, width=width, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(Text.from_ansi(f"$ {command}\n{text.rstrip()}"), soft_wrap=False)
    svg = console.export_svg(title=command, theme=DIMMED_MONOKAI, unique_id=name)
    plain = _FONT.sub("\n", svg).replace("Fira Code", "DejaVu Sans Mono")
    (IMAGES / f"{name}.svg").write_text("\n".join(map(str.rstrip, plain.splitlines())) + "\n", encoding="utf-8")


def workflow() -> None:
    """Write the picture of the workflow, in the colours of the reader's system."""
    states = parse_set(build_set(Settings()).templates).templates["workflow"]["Resources"]
    machine = next(each for each in states.values() if each["Type"] == "AWS::StepFunctions::StateMachine")
    definition = machine["Properties"]["Definition"]
    figure = workflow_picture(definition if isinstance(definition, dict) else json.loads(definition))
    found = re.search(r"<svg.*</svg>", figure, re.DOTALL)
    if found is None:
        raise SystemExit("the workflow has no picture")
    svg = found[0].replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    (IMAGES / "workflow.svg").write_text(svg.replace("<defs>", f"<style>{_style()}</style><defs>", 1) + "\n")


def _style() -> str:
    def rules(colours: dict[str, str]) -> str:
        return (
            f"text{{font:12px system-ui,sans-serif;fill:{colours['text']};text-anchor:middle}}"
            f".node rect{{fill:{colours['page']};stroke:{colours['edge']}}}"
            f".node.task rect{{fill:{colours['box']};stroke:{colours['accent']}}}"
            f".node.end rect{{stroke:{colours['good']};stroke-width:2}}"
            f".node.bad rect{{stroke:{colours['bad']};stroke-width:2}}"
            f".edge{{fill:none;stroke:{colours['edge']}}}.edge.dashed{{stroke:{colours['bad']};stroke-dasharray:4 4}}"
            f"marker path{{fill:{colours['edge']}}}"
        )

    return f"{rules(LIGHT)}@media(prefers-color-scheme:dark){{{rules(DARK)}}}"


def main() -> None:
    """Make every picture."""
    workflow()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        drawn("demo", "payflow local demo", printed("local", "demo"), width=104)
        with emulator() as cloud:
            clients = local_clients(cloud)
            clients("s3").create_bucket(Bucket="artifacts")
            Path("payflow.toml").write_text('[environments.dev]\nbucket = "artifacts"\n', encoding="utf-8")
            printed(
                "deploy", "--env", "dev", "--yes", "--parameter", "ResourceCoverage=core", connect=lambda *_: clients
            )
            Path("payflow.toml").write_text(SETTINGS, encoding="utf-8")
            drawn(
                "plan", "payflow plan --env dev", printed("plan", "--env", "dev", connect=lambda *_: clients), width=118
            )


if __name__ == "__main__":
    main()
