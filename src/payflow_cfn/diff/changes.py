"""The changes that a comparison of two template sets finds, as values."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.values import Path


class Effect(enum.IntEnum):
    """What a change does to the resource that exists, the worst last."""

    NOTHING = 0
    NO_INTERRUPTION = 1
    MAY_INTERRUPT = 2
    UNKNOWN = 3
    MAY_REPLACE = 4
    REPLACES = 5
    REFUSED = 6

    @property
    def words(self) -> str:
        """The effect on the resource."""
        return _WORDS[self]

    @property
    def verb(self) -> str:
        """What the change of a property does."""
        return _VERBS.get(self, _WORDS[self])


_WORDS = {
    Effect.NOTHING: "no effect on the resource",
    Effect.NO_INTERRUPTION: "no interruption",
    Effect.MAY_INTERRUPT: "may interrupt",
    Effect.UNKNOWN: "effect unknown",
    Effect.MAY_REPLACE: "may be replaced",
    Effect.REPLACES: "replaced",
    Effect.REFUSED: "refused by CloudFormation",
}
_VERBS = {Effect.MAY_REPLACE: "may replace", Effect.REPLACES: "replaces"}


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One value of a resource that differs.

    `path` begins with `Properties` or with the attribute (DeletionPolicy...); `before` and `after` are plain JSON with
    symbols as text, None where that side has no value. `cause` is the path of the resource whose replacement or update
    may move the value: it is dynamic then, and only the deploy knows what it will be. `actual` is the resource's own
    value, where a drift-aware change set has compared it.
    """

    path: Path
    before: Any
    after: Any
    effect: Effect
    cause: Path = ()
    actual: Any = None

    @property
    def dynamic(self) -> bool:
        """Whether the template is the same on both sides, and the value may still change."""
        return bool(self.cause)


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One resource that differs; `action` is add, remove or modify.

    `name` is its physical name where a template has one; `fate` what happens to the old one where it is replaced or
    removed (deleted, retained, snapshot); `losses` say what an update takes away for good, `notes` anything else.
    `only` says under which condition or parameter the change is there, where the values at hand hide it.
    """

    path: Path
    resource_type: str
    action: str
    effect: Effect
    name: str = ""
    fate: str = ""
    stateful: bool = False
    properties: tuple[PropertyChange, ...] = ()
    notes: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    only: str = ""

    @property
    def logical_id(self) -> str:
        """The last part of the path."""
        return self.path[-1]

    @property
    def endangers_data(self) -> bool:
        """Whether it removes or (perhaps) replaces a resource that holds data."""
        return self.stateful and (self.action == "remove" or self.effect >= Effect.MAY_REPLACE)


@dataclass(frozen=True, slots=True)
class AccessChange:
    """Who may do more or less: `text` is a sentence, `wider` whether it gives more; `only` as in ResourceChange."""

    path: Path
    who: str
    text: str
    wider: bool
    alarming: bool = False
    only: str = ""


@dataclass(frozen=True, slots=True)
class InterfaceChange:
    """What differs in the root's use; `kind` is parameter, output or template, `breaking` whether a user fails.

    A condition and a mapping (of any stack) is listed where the values at hand may hide what it changes; `only` as in
    ResourceChange.
    """

    kind: str
    name: str
    text: str
    before: Any
    after: Any
    breaking: bool = False
    only: str = ""


Change = ResourceChange | AccessChange | InterfaceChange
