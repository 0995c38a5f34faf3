"""`upgrade-notes`: say what a deploy of one set over another does to a running stack."""

from __future__ import annotations

import click

from payflow_cfn.cli.shared import json_option, parameter_option, print_json, region_option, say


@click.command("upgrade-notes")
@click.argument("old")
@click.argument("new", required=False)
@click.option("--env", "environment", default="", help="Environment whose parameters in payflow.toml are used.")
@parameter_option
@region_option
@json_option
def upgrade_notes(
    old: str, new: str | None, environment: str, parameters: tuple[str, ...], region: str | None, as_json: bool
) -> int:
    """Say what an upgrade does to a running stack.

    OLD and NEW are those of `diff`: a folder, a version such as 1.0.0, or deployed:ENV. NEW is by default the set of
    payflow.toml's settings. The notes say what is replaced, updated, added and removed, what changes for people and
    programs, and what happens to executions in flight and to the rows of the table.
    """
    from payflow_cfn.cli.diff import compare
    from payflow_cfn.diff import upgrade_notes as notes

    found = compare(old, new, environment=environment, parameters=parameters, region=region)
    topics = notes.upgrade_notes(found.changes, old=found.old, new=found.new)
    if as_json:
        print_json({"old": found.old, "new": found.new, "notes": topics})
    else:
        say(f"from {found.old or 'a set without a version'} to {found.new or 'a set without a version'}")
        say(notes.notes_text(topics))
    return 0
