"""`lint`: check a template set."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from payflow_cfn.cli.shared import (
    DIFFERENT,
    check_environments,
    edited_set,
    folder_options,
    tell_of_runtimes,
    tell_of_unread,
)

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.lint import Report

_FORMATS = click.Choice(["text", "json", "sarif"])


@click.command()
@folder_options
@click.option("--format", "form", type=_FORMATS, default="text", show_default=True, help="How findings are printed.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--region", "regions", multiple=True, default=["us-east-1"], show_default=True, help="Region whose rules apply."
)
@click.option("--fast", is_flag=True, help="Use cloudformation-validate instead of cfn-lint.")
@click.option("--no-cache", is_flag=True, help="Check again what was checked before, and cache nothing.")
def lint(
    folder: str | None,
    same: str | None,
    form: str,
    as_json: bool,
    regions: tuple[str, ...],
    fast: bool,
    no_cache: bool,
) -> int:
    """Check a template set with cfn-lint's rules and our own.

    Without DIR, the set of payflow.toml's settings is checked. Exit 3 if any rule finds a fault. The end of AWS's
    support for a runtime is printed on stderr, and is not a finding.
    """
    from payflow_cfn.lint import report
    from payflow_cfn.lint.cache import cache_folder

    templates = edited_set(folder, same)
    if not templates.folder:
        check_environments(templates)
    checker = "cloudformation_validate" if fast else "cfnlint"
    cache = "" if no_cache else cache_folder(os.environ)
    found = report(templates, regions=regions, checker=checker, cache=cache)
    click.echo(_printed(found, templates, form="json" if as_json else form))
    tell_of_unread(templates)
    tell_of_runtimes(templates.runtimes)
    return DIFFERENT if found.findings else 0


def _printed(found: Report, templates: TemplateSet, *, form: str) -> str:
    import json

    if form == "sarif":
        from payflow_cfn.lint.sarif import sarif_log

        folder = os.path.relpath(templates.folder) if templates.folder else ""
        return json.dumps(sarif_log(found, templates.templates, folder=folder), indent=2)
    if form == "json":
        from dataclasses import asdict

        return json.dumps([asdict(each) for each in found.findings], indent=2)
    return "\n".join([*map(str, found.findings), f"{len(found.findings)} findings"])
