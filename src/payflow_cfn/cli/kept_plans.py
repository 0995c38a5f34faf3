"""Change sets that `plan --keep` leaves: how to execute one, and how to discard it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from payflow_cfn.cli.shared import print_json, say

if TYPE_CHECKING:
    from payflow_cfn.cli.session import Place
    from payflow_cfn.deploy import DeployEvent
    from payflow_cfn.deploy.preview import Preview

# The options of `plan` that `deploy` has to get again, by the names of their values.
_REPEATED = {
    "environment": "--env",
    "bucket": "--bucket",
    "prefix": "--prefix",
    "region": "--region",
    "parameters": "--parameter",
    "folder": "--set",
    "allow_simulated_gateway": "--allow-simulated-gateway",
}


def kept_data(found: Preview, *, keep: bool) -> dict[str, Any]:
    """The kept change set for JSON; null where nothing changes, so that there is none."""
    if not keep:
        return {}
    name, identifier = _name(found), found.proposal.change_set_id
    kept = {"name": name, "id": identifier, "command": _command(name)} if found.changed else None
    return {"change_set": kept}


def tell_kept(found: Preview, *, keep: bool) -> None:
    """Print the name of the kept change set, and the commands that execute and discard it."""
    if not keep:
        return
    if not found.changed:
        say("there is no change, and no change set was kept", err=True)
        return
    name = _name(found)
    say(f"kept as {name}", err=True)
    say(f"execute exactly this plan: `{_command(name)}`", err=True)
    say(f"or delete it: `payflow plan --discard {name}`", err=True)


def discarded(here: Place, name: str, *, as_json: bool) -> int:
    """Delete a change set that was not executed; 1 if something of it could not be deleted."""
    from payflow_cfn.deploy import event_line
    from payflow_cfn.deploy.planned import discard_planned

    left: list[str] = []

    def listen(event: DeployEvent) -> None:
        left.append(event_line(event))

    cloudformation = here.client("cloudformation")
    gone = discard_planned(cloudformation, stack_name=here.stack_name, change_set=name, on_event=listen)
    if as_json:
        print_json({"discarded": gone, "left": left})
    else:
        say("\n".join(left) if left else f"discarded {gone}", err=bool(left))
    return 1 if left else 0


def _name(found: Preview) -> str:
    return found.proposal.change_set_id.partition(":changeSet/")[2].partition("/")[0]


def _command(name: str) -> str:
    """The command that executes the plan, with the options that the plan had."""
    given = click.get_current_context().params
    words = ["payflow", "deploy"]
    for key, option in _REPEATED.items():
        value = given.get(key)
        if value is True:
            words.append(option)
        elif value and (key, value) != ("prefix", "payflow"):
            for each in value if isinstance(value, tuple) else (value,):
                words += [option, each]
    import shlex

    return shlex.join([*words, "--change-set", name])
