"""Merge the comparison of the templates with the change set: the comparison explains, the change set decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from payflow_cfn.aws.data_resources import STACK, STATEFUL_TYPES
from payflow_cfn.deploy import Proposal, ProposedChange
from payflow_cfn.deploy.cloudformation.text import warning_lines
from payflow_cfn.deploy.preview.drift import is_drifted, with_drift
from payflow_cfn.deploy.preview.properties import property_change, with_values
from payflow_cfn.diff import AccessChange, Change, Effect, ResourceChange, change_data, text
from payflow_cfn.diff.markdown import Block, blocks, document, headline, items

Path = tuple[str, ...]
_ACTIONS = {"Add": "add", "Import": "add", "Remove": "remove"}
_EFFECTS = {"True": Effect.REPLACES, "Conditional": Effect.MAY_REPLACE, "False": Effect.NO_INTERRUPTION}
_KNOWN_ACTIONS = frozenset({"Add", "Modify", "Remove", "Import", "SyncWithActual"})
_FATES = {
    "Delete": "deleted",
    "Retain": "retained",
    "Snapshot": "snapshot",
    "ReplaceAndDelete": "deleted",
    "ReplaceAndRetain": "retained",
    "ReplaceAndSnapshot": "snapshot",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a deploy would do; `changes` are merged, `disagreements` list where change set and templates differ.

    `changed` is False where CloudFormation says that there is nothing to do. A change set without any resource still
    does something: it updates outputs. `rollback` names files that a rollback would read and miss, one line each.
    """

    proposal: Proposal
    changes: tuple[Change, ...]
    disagreements: tuple[str, ...]
    changed: bool = True
    rollback: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The whole preview for a person."""
        return self.told(folded=False)

    @property
    def headline(self) -> str:
        """One line: the number of changed resources by kind of change, and of changed permissions."""
        return self.told(folded=True).partition("\n")[0] + _counted(self.changes)

    def told(self, *, folded: bool) -> str:
        """The preview for a person; `folded` as in `payflow_cfn.diff.text`. The account is the stack's own."""
        proposal = self.proposal
        if not self.changed:
            return "\n".join([f"{proposal.stack_name} needs no change", *(f"note: {each}" for each in proposal.notes)])
        lines = [f"{proposal.kind} {proposal.stack_name}: {text(self.changes, folded=folded)}"]
        if self.disagreements:
            lines += ["", "the change set and the templates disagree (the change set decides):"]
            lines += [f"  ! {each}" for each in self.disagreements]
        if self.rollback:
            lines += ["", "a rollback would need these files, put them back before you deploy:"]
            lines += [f"  ! {each}" for each in self.rollback]
        if proposal.warnings:
            lines += ["", "warnings of CloudFormation:", *warning_lines(proposal)]
        lines += [f"note: {each}" for each in proposal.notes]
        return _in_account("\n".join(lines), proposal.stack_id)

    def markdown(self, *, folded: bool) -> str:
        """The preview for a comment on a pull request; `folded` as in `told`."""
        proposal = self.proposal
        if not self.changed:
            return document(f"{proposal.stack_name} needs no change", _block("Notes", proposal.notes))
        lists = [
            *_block("The change set and the templates disagree (the change set decides)", self.disagreements),
            *_block("A rollback would need these files, put them back before you deploy", self.rollback),
            *_block("Warnings of CloudFormation", warning_lines(proposal)),
        ]
        parts = [*lists, *blocks(self.changes, folded=folded), *_block("Notes", proposal.notes)]
        first = f"{proposal.kind} {proposal.stack_name}: {headline(self.changes)}{_counted(self.changes)}"
        return document(first, [_placed(each, proposal.stack_id) for each in parts])

    @property
    def data(self) -> dict[str, Any]:
        """The same as plain data for JSON."""
        return {
            "stack_name": self.proposal.stack_name,
            "kind": self.proposal.kind,
            "changed": self.changed,
            "changes": [change_data(each) for each in self.changes],
            "disagreements": list(self.disagreements),
            "rollback": list(self.rollback),
            "warnings": [asdict(each) for each in self.proposal.warnings],
            "notes": list(self.proposal.notes),
        }


def _block(title: str, lines: Sequence[str]) -> list[Block]:
    return [Block(title, tuple(items([line.removeprefix("  ") for line in lines])))] if lines else []


def _placed(block: Block, stack_id: str) -> Block:
    return replace(block, rows=tuple(_in_account(row, stack_id) for row in block.rows))


def _counted(changes: Sequence[Change]) -> str:
    access = [each for each in changes if isinstance(each, AccessChange)]
    alarming = sum(each.alarming for each in access)
    marked = f" ({alarming} marked !)" if alarming else ""
    return f"; {len(access)} access change{'' if len(access) == 1 else 's'}{marked}" if access else ""


def _in_account(told: str, stack_id: str) -> str:
    """The text with the account and partition of the stack's ARN in place of their symbols."""
    parts = stack_id.split(":")
    if len(parts) < 5:
        return told
    return told.replace("${AWS::AccountId}", parts[4]).replace("${AWS::Partition}", parts[1])


def preview(changes: Sequence[Change], proposal: Proposal) -> Preview:
    """Merge the changes between the templates with those of CloudFormation's change set for the same deploy."""
    real = {each.path: each for each in proposal.changes}
    unseen = _unseen(proposal)
    found: list[Change] = []
    disagreements: list[str] = []
    known: set[Path] = set()
    for change in changes:
        if not isinstance(change, ResourceChange):
            found.append(change)
            continue
        known.add(change.path)
        joined, problem = _joined(change, real.get(change.path), seen=not _is_below(change.path, unseen))
        found += with_drift(joined, real.get(change.path))
        disagreements += [problem] if problem else []
    for each in proposal.changes:
        if each.path not in known and not _stands_for_others(each, known, real):
            joined, problem = _only_real(each)
            found += with_drift(joined, each)
            disagreements += [problem] if problem else []
    return Preview(proposal, tuple(found), tuple(disagreements))


def unchanged(stack_name: str, *, notes: tuple[str, ...] = ()) -> Preview:
    """The preview of a deploy that would do nothing."""
    return Preview(Proposal(stack_name, "", "", "UPDATE", (), notes=notes), (), (), changed=False)


def _unseen(proposal: Proposal) -> frozenset[Path]:
    """The nested stacks whose changes the change set does not list: it has no nested change set for them."""
    return frozenset(
        each.path for each in proposal.changes if each.resource_type == STACK and not each.nested_change_set
    )


def _is_below(path: Path, stacks: Collection[Path]) -> bool:
    return any(path[: len(each)] == each and path != each for each in stacks)


def _stands_for_others(each: ProposedChange, known: Collection[Path], real: Mapping[Path, ProposedChange]) -> bool:
    """Whether it is a nested stack that is listed only because something in it changes."""
    if each.resource_type != STACK or each.action != "Modify":
        return False
    inside = [path for path in (*known, *real) if path != each.path and path[: len(each.path)] == each.path]
    return bool(inside)


def _joined(change: ResourceChange, real: ProposedChange | None, *, seen: bool) -> tuple[ResourceChange, str]:
    where = "/".join(change.path)
    if real is None:
        dynamic = all(each.dynamic or each.effect is Effect.NOTHING for each in change.properties)
        silent = not seen or (change.action == "modify" and dynamic)
        return change, "" if silent else f"{where}: the templates differ, the change set leaves it alone"
    if _ACTIONS.get(real.action, "modify") != change.action:
        return _of(real), f"{where}: by the templates {change.action}, by the change set {real.action}"
    if change.action != "modify":
        return replace(change, fate=_FATES.get(real.policy_action, change.fate)), ""
    effect, problem = _effect(change, real)
    kept = _FATES.get(real.policy_action, change.fate)
    properties = tuple(with_values(change.properties, real.properties))
    return replace(change, effect=effect, fate=kept, properties=properties), problem and f"{where}: {problem}"


def _effect(change: ResourceChange, real: ProposedChange) -> tuple[Effect, str]:
    """The effect that counts, and the text of the disagreement if the two differ."""
    if real.resource_type == STACK and not is_open(real):
        return change.effect, ""  # a nested stack is updated in place, whatever of its properties changes
    if is_open(real) and _holds_data(real) and change.effect < Effect.MAY_REPLACE:
        return Effect.MAY_REPLACE, f"the change set leaves open what happens to it ({real.action} {real.replacement})"
    if change.effect is Effect.REFUSED:
        return change.effect, ""  # a change set does not check it: a taken name fails only when it is executed
    if real.replacement == "True" and change.effect < Effect.MAY_REPLACE:
        return Effect.REPLACES, "the change set replaces it, by the templates it stays"
    if real.replacement == "Conditional" and change.effect < Effect.MAY_REPLACE:
        return Effect.MAY_REPLACE, "the change set cannot tell whether it is replaced, by the templates it stays"
    if real.replacement == "False" and change.effect >= Effect.MAY_REPLACE:
        problem = (
            "" if change.effect is Effect.MAY_REPLACE else "by the templates it is replaced, the change set keeps it"
        )
        return Effect.NO_INTERRUPTION, problem
    if real.replacement == "True":
        return Effect.REPLACES, ""
    return change.effect, ""


def _only_real(each: ProposedChange) -> tuple[ResourceChange, str]:
    where = "/".join(each.path)
    if is_open(each) and _holds_data(each):
        return _of(each), f"{where}: the change set leaves open what happens to it ({each.action})"
    if each.resource_type == STACK and each.action == "Modify":
        # CloudFormation lists a stack for every parameter that comes from another nested stack's output.
        note = "named by the change set; by the templates nothing in it changes"
        return replace(_of(each), effect=Effect.NOTHING, properties=(), notes=(note,)), ""
    if is_drifted(each):
        return _of(each), ""  # changes outside CloudFormation are in no template
    if each.action == "Modify" and each.scope and "Properties" not in each.scope:
        # CloudFormation puts the stack's tags on every resource in it; no template has them.
        note = f"named by the change set for its {', '.join(each.scope)} alone"
        return replace(_of(each), effect=Effect.NOTHING, notes=(note,)), ""
    if each.dynamic:
        note = "the change set cannot tell whether a value moves; by the templates it does not"
        found = _of(each)
        return (found, f"{where}: {note}") if found.endangers_data else (replace(found, notes=(note,)), "")
    return _of(each), f"{where}: only the change set changes it ({each.action})"


def is_open(each: ProposedChange) -> bool:
    """Whether the change set, or an API later than this version, leaves open what happens to the resource."""
    known = each.action in _KNOWN_ACTIONS and each.replacement in ("", *_EFFECTS)
    return not known


def _holds_data(each: ProposedChange) -> bool:
    return each.resource_type in STATEFUL_TYPES or each.resource_type == STACK


def _of(each: ProposedChange) -> ResourceChange:
    action = _ACTIONS.get(each.action, "modify")
    is_stack = each.resource_type == STACK
    is_update = action == "modify" and not is_stack  # the rest is never replaced, whatever its properties say
    effect = _EFFECTS.get(each.replacement, Effect.UNKNOWN) if is_update else Effect.NO_INTERRUPTION
    return ResourceChange(
        path=each.path,
        resource_type=each.resource_type,
        action=action,
        effect=max(effect, Effect.MAY_REPLACE) if is_open(each) and _holds_data(each) else effect,
        name=each.physical_id if ":" not in each.physical_id else "",
        fate=_FATES.get(each.policy_action, ""),
        stateful=each.resource_type in STATEFUL_TYPES or (is_open(each) and is_stack),
        properties=tuple(property_change(one) for one in each.properties if "/" in one.path) if is_update else (),
    )
