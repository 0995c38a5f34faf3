"""Each event of a deploy as one plain line, for an output that is not a terminal."""

from __future__ import annotations

from payflow_cfn.deploy.cloudformation import events
from payflow_cfn.deploy.cloudformation.changes import Proposal
from payflow_cfn.deploy.cloudformation.events import DeployEvent


def event_line(event: DeployEvent) -> str:
    """The event as a line of text; several lines for a proposal."""
    match event:
        case events.ResourceEvent():
            where = "/".join(event.path) or event.stack_name
            reason = f": {event.reason}" if event.reason else ""
            return f"{event.at:%H:%M:%S} {event.status} {where} ({event.resource_type}){reason}"
        case events.Proposed():
            return proposal_text(event.proposal)
        case events.Explained():
            return event.preview.told(folded=False)
        case events.StatusChanged():
            return f"{event.stack_name} is {event.status}{f': {event.reason}' if event.reason else ''}"
        case events.Finished():
            return f"{event.stack_name} is {event.status}"
        case _:
            return _note(event)


def proposal_text(proposal: Proposal) -> str:
    """What a change set would do: a line for each resource, the properties that change below it, before -> after."""
    count = len(proposal.leaves)
    lines = [f"{proposal.kind} {proposal.stack_name}: {count} change{'' if count == 1 else 's'}"]
    for change in proposal.leaves:
        lines.append(f"  {change.text}")
        for each in change.properties:
            values = "" if each.before is None and each.after is None else f": {each.before} -> {each.after}"
            lines.append(f"    {each.path}{values}")
    return "\n".join([*lines, *warning_lines(proposal), *(f"note: {each}" for each in proposal.notes)])


def warning_lines(proposal: Proposal) -> list[str]:
    """A line for each warning of CloudFormation, with what its hook recommends below it."""
    return [
        line for each in proposal.warnings for line in (f"  ! {each.text}", *(f"      {more}" for more in each.lines))
    ]


def _note(event: DeployEvent) -> str:
    match event:
        case events.Waiting():
            return f"{event.stack_name} is {event.status}: waiting, at most {event.seconds_left:.0f} s more"
        case events.ParametersDropped():
            return f"the template of {event.stack_name} no longer has {', '.join(event.names)}: not sent"
        case events.ChangeSetMade():
            return f"{event.kind} change set {event.change_set} for {event.stack_name}"
        case events.NothingToChange():
            return f"{event.stack_name} needs no change"
        case events.Started():
            return f"{event.kind} of {event.stack_name} has started"
        case _:
            return _trouble(event)


def _trouble(event: DeployEvent) -> str:
    match event:
        case events.NamesUnchecked():
            listed = "; ".join(f"{name} ({reason})" for name, reason in event.names)
            return f"{len(event.names)} names of {event.stack_name} could not be looked up: {listed}"
        case events.StatusUnreadable():
            return f"the status cannot be read just now, trying for {event.seconds_left:.0f} s more: {event.reason}"
        case events.LeftBehind():
            return event.text
        case events.EventsUnreadable():
            return f"the events cannot be read just now: {event.reason}"
    raise AssertionError(event)
