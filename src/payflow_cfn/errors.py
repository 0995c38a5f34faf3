"""The exceptions of payflow_cfn: one for each stage, each with its data and a remedy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class PayflowError(Exception):
    """An error that stops the command; `str()` is one line: what, where and the remedy.

    `exit_status` is the command's: 1 failed, 2 wrong usage or settings, 4 busy, 5 not known (the operation goes on at
    AWS, and its status cannot be read). `data` holds the facts for a program that imports this library.
    """

    exit_status = 1

    def __init__(self, message: str, *, remedy: str = "", **data: object) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.data = data

    def __str__(self) -> str:
        return f"{self.message.removesuffix('.')}: {self.remedy}" if self.remedy else self.message


class SettingsError(PayflowError):
    """The settings, a name or an argument break a rule."""

    exit_status = 2

    @property
    def every(self) -> tuple[SettingsError, ...]:
        """The errors that were found together, or only this one."""
        found = self.data.get("every")
        return found if isinstance(found, tuple) else (self,)


@contextmanager
def gathered(found: list[SettingsError]) -> Iterator[None]:
    """Add a SettingsError to `found` and go on after the block; `refuse` raises them together."""
    try:
        yield
    except SettingsError as error:
        found += error.every


def refuse(found: Sequence[SettingsError]) -> None:
    """Raise the found errors: one as it is, several as one error that holds them all."""
    if len(found) == 1:
        raise found[0]
    if found:
        raise SettingsError("; ".join(map(str, found)), every=tuple(found))


class RenderError(PayflowError):
    """The templates cannot be built from these settings."""


class ExtensionError(RenderError):
    """An extension of the set is not there or failed; the message has its file and line."""


class CheckError(PayflowError):
    """The checks could not be run (a fault that a check finds is a Finding, not an error)."""


class PackageError(PayflowError):
    """The artifacts cannot be built or stored."""


class FilesError(PayflowError):
    """A file or a folder cannot be read or written, or has the wrong content."""


class PlanError(PayflowError):
    """Two template sets cannot be compared, or the comparison refuses a change."""


class DeployError(PayflowError):
    """CloudFormation refused or rolled back the change."""


class BusyError(DeployError):
    """Another operation on the same stack is running."""

    exit_status = 4


class UnknownOutcomeError(DeployError):
    """The operation goes on at AWS, but its state can no longer be read."""

    exit_status = 5


class _SentencesError(PayflowError):
    """An error of a command about payments; its remedy is a sentence of its own, as the message may hold AWS's text."""

    def __str__(self) -> str:
        if not self.remedy:
            return self.message
        return f"{self.message.removesuffix('.')}. {self.remedy[:1].upper()}{self.remedy[1:]}"


class RunError(_SentencesError):
    """A payment or its execution does not exist, or could not be started or read."""


class PaymentError(RunError):
    """The given payment is not an input that Step Functions accepts."""

    exit_status = 2


class StoppedError(_SentencesError):
    """A person stopped the command after its request was sent: AWS goes on with it."""

    exit_status = 5


class LocalError(PayflowError):
    """The embedded AWS could not be started, or a scenario did not have its effect."""


class BooksError(_SentencesError):
    """A payment's row is not in a state in which it may be changed by hand."""
