"""A change set with every nested one: what it would do, what CloudFormation warns of, and why it failed."""

from __future__ import annotations

from dataclasses import dataclass, field

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.deploy.changeset.change_set import ChangeSet, read_change_set
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, text_of
from payflow_cfn.deploy.cloudformation.changes import Proposal, ProposedChange, merged
from payflow_cfn.deploy.cloudformation.findings import Cause, FindingReader, Findings
from payflow_cfn.deploy.cloudformation.hooks import HookReader
from payflow_cfn.deploy.cloudformation.remedies import hint_for

Path = tuple[str, ...]


def read_proposal(cloudformation: CloudFormationClient, root: ChangeSet, *, kind: str) -> Proposal:
    """The change set with the changes of every nested stack, each parent before what is in it, and all warnings."""
    changes, found = _read_below(cloudformation, root, (), _Readers.of(cloudformation), is_update=kind == "UPDATE")
    warnings = found.failures + found.warnings
    return Proposal(root.stack_name, root.stack_id, root.change_set_id, kind, tuple(changes), warnings, found.notes)


def change_set_findings(cloudformation: CloudFormationClient, root: ChangeSet) -> Findings:
    """Every finding in a change set that failed and in the nested ones, and the status reasons that add to them."""
    return _Failed(cloudformation, _Readers.of(cloudformation)).findings(root, ())


@dataclass(frozen=True, slots=True)
class _Readers:
    findings: FindingReader
    hooks: HookReader

    @classmethod
    def of(cls, cloudformation: CloudFormationClient) -> _Readers:
        return cls(FindingReader(cloudformation), HookReader(cloudformation))

    def read(self, change_set: ChangeSet, path: Path) -> Findings:
        found = self.findings.of_change_set(change_set.change_set_id, change_set.stack_id, path=path)
        return self.hooks.guided(found, change_set.change_set_id)


def _read_below(
    cloudformation: CloudFormationClient, change_set: ChangeSet, path: Path, readers: _Readers, *, is_update: bool
) -> tuple[list[ProposedChange], Findings]:
    changes: list[ProposedChange] = []
    found = readers.read(change_set, path) + _warning(change_set, path)
    listed = change_set.changes
    if is_update:  # a first deploy only adds, and both readings list that
        bare = read_change_set(cloudformation, change_set.change_set_id, path=path, values=False)
        listed = merged(listed, bare.changes)
    for change in listed:
        changes.append(change)
        if change.nested_change_set:
            child = read_change_set(cloudformation, change.nested_change_set, path=change.path)
            below, more = _read_below(cloudformation, child, change.path, readers, is_update=is_update)
            changes += below
            found += more
    return changes, found


def _warning(change_set: ChangeSet, path: Path) -> Findings:
    """What CloudFormation warns of in the status reason of a change set that it has made."""
    warns = change_set.reason.startswith("[WARN]")
    return Findings(warnings=(status_reason(change_set, path),) if warns else ())


def status_reason(change_set: ChangeSet, path: Path) -> Cause:
    """The reason that a change set gives itself, as a finding."""
    hint = hint_for(change_set.reason)
    return Cause(path, "", "", change_set.status, change_set.reason, hint, change_set.created_at)


@dataclass(frozen=True, slots=True)
class _Failed:
    """Reads change sets down from one that failed, each once."""

    cloudformation: CloudFormationClient
    readers: _Readers
    seen: set[str] = field(default_factory=set)

    def findings(self, change_set: ChangeSet, path: Path) -> Findings:
        self.seen.add(change_set.change_set_id)
        own = self.readers.read(change_set, path)
        below = Findings()
        # A parent that failed may list no changes: its reason names the nested change set then (O14).
        changes = [each for each in change_set.changes if each.nested_change_set]
        listed = {each.nested_change_set: (*path, each.logical_id) for each in changes}
        for each in [*listed, *_named_in(change_set.reason)]:
            if each not in self.seen:
                below += self._below(change_set, path, each, listed.get(each, ()))
        return own + below + self._own_reason(change_set, path, own, below)

    def _below(self, parent: ChangeSet, path: Path, change_set_id: str, known: Path) -> Findings:
        try:
            child = read_change_set(self.cloudformation, change_set_id, values=False)
        except aws_errors() as error:
            self.seen.add(change_set_id)
            return Findings(notes=(f"the nested change set {change_set_id} could not be read: {text_of(error)}",))
        return self.findings(child, known or (*path, _logical_id(child.stack_name, parent.stack_name)))

    def _own_reason(self, change_set: ChangeSet, path: Path, own: Findings, below: Findings) -> Findings:
        """The status reason: a failure where nothing below or beside it explains one, else a note beside findings."""
        if change_set.status != "FAILED" or change_set.empty:
            return _warning(change_set, path)
        if own.failures and change_set.reason:
            place = f" in {'/'.join(path)}" if path else ""
            return Findings(notes=(f"the change set{place} gives the reason: {change_set.reason}",))
        return Findings() if own.failures or below.failures else Findings(failures=(status_reason(change_set, path),))


def _logical_id(stack_name: str, parent: str) -> str:
    """The logical id in a nested stack's name, which CloudFormation makes as PARENT-LogicalId-RANDOM."""
    inner = stack_name.removeprefix(f"{parent}-").rpartition("-")[0]
    return inner if inner and stack_name.startswith(f"{parent}-") else stack_name


def _named_in(reason: str) -> list[str]:
    words = [word.strip(".,;:()[]'\"") for word in reason.split()]
    return [word for word in words if word.startswith("arn:") and ":changeSet/" in word]
