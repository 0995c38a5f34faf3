"""`lint`: check a template set."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import click

from payflow_cfn.commands.shared import DIFFERENT, tell_of_runtimes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payflow_cfn.check import Report

_FORMATS = click.Choice(["text", "json", "sarif"])


@click.command()
@click.argument("folder", required=False, metavar="[DIR]")
@click.option("--format", "form", type=_FORMATS, default="text", show_default=True, help="How findings are printed.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--region", "regions", multiple=True, default=["us-east-1"], show_default=True, help="Region whose rules hold."
)
@click.option("--fast", is_flag=True, help="Ask cloudformation-validate in place of cfn-lint.")
@click.option("--no-cache", is_flag=True, help="Check even what was checked before, and keep nothing.")
def lint(folder: str | None, form: str, as_json: bool, regions: tuple[str, ...], fast: bool, no_cache: bool) -> int:
    """Check a rendered set by cfn-lint's rules and our own.

    Without DIR it is a fresh one. Exit 3 when any rule finds a fault. The end of AWS's support for a runtime is
    printed on stderr, and is not a finding.
    """
    from payflow_cfn.check import report
    from payflow_cfn.check.cache import cache_folder
    from payflow_cfn.disk import read_templates
    from payflow_cfn.set_folder import find_set

    folder = find_set(folder) if folder is not None else None
    rendered = read_templates(folder) if folder else _fresh()
    checker = "cloudformation_validate" if fast else "cfnlint"
    cache = "" if no_cache else cache_folder(os.environ)
    found = report(rendered, regions=regions, checker=checker, cache=cache)
    click.echo(_printed(found, rendered, form="json" if as_json else form, folder=folder or ""))
    tell_of_runtimes(_runtimes(rendered))
    return DIFFERENT if found.findings else 0


def _runtimes(rendered: Mapping[str, str]) -> list[str]:
    return sorted({name for text in rendered.values() for name in re.findall(r'"Runtime"\s*:\s*"([^"]+)"', text)})


def _fresh() -> dict[str, str]:
    from payflow_cfn.project import read_project
    from payflow_cfn.template_set import render_set, templates_of

    return templates_of(render_set(read_project().settings))


def _printed(found: Report, rendered: Mapping[str, str], *, form: str, folder: str) -> str:
    import json

    if form == "sarif":
        from payflow_cfn.check.sarif import sarif_log

        return json.dumps(sarif_log(found, rendered, folder=os.path.relpath(folder) if folder else ""), indent=2)
    if form == "json":
        from dataclasses import asdict

        return json.dumps([asdict(each) for each in found.findings], indent=2)
    return "\n".join([*map(str, found.findings), f"{len(found.findings)} findings"])
