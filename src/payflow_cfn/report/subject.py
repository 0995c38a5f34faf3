"""The subject of a report: a set, decided for the values of one environment, and the set it is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from payflow_cfn.audit.permissions.resolve_conditions import effective
from payflow_cfn.aws.data_resources import MACHINE
from payflow_cfn.aws.intrinsics import ARNS, expand, resource_arn
from payflow_cfn.aws.parsed_set import ParsedSet, Place, parse_set
from payflow_cfn.aws.worlds import WORLD, World
from payflow_cfn.errors import CheckError

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet

_UNREADABLE = (ArithmeticError, AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)


class Request(NamedTuple):
    """What was asked for; the page records it, so that it can be derived again."""

    environment: str = ""
    against: str = ""
    payments_per_day: int = 1000


class Subject(NamedTuple):
    """A set whose conditions are decided; `values` are root's parameters, `old` the other set where one is named."""

    request: Request
    templates: TemplateSet
    decided: ParsedSet
    world: World
    values: Mapping[str, str] = MappingProxyType({})
    old: TemplateSet | None = None

    def expanded(self, stack: str, value: Any) -> Any:
        """A value of a stack as text."""
        return expand(self.decided, stack, value, self.world)

    def resources(self, *kinds: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Stack, logical id and properties as text, of these types or of all."""
        for stack, logical, resource in self.decided.resources(*kinds):
            yield stack, logical, self.expanded(stack, resource.get("Properties", {})) or {}

    @property
    def arns(self) -> Mapping[str, str]:
        """The logical id of each resource that has a name, by its ARN."""
        places = ((logical, Place(stack, logical, "Arn")) for stack, logical, _ in self.decided.resources(*ARNS))
        return {resource_arn(self.decided, place, self.world): logical for logical, place in places}

    @property
    def machine(self) -> Mapping[str, Any]:
        """The definition of the payments' workflow."""
        found = (each["Properties"]["Definition"] for _, _, each in self.decided.resources(MACHINE))
        return next(each for each in found if each["States"])


def subject_of(
    templates: TemplateSet,
    request: Request,
    *,
    values: Mapping[str, str] = MappingProxyType({}),
    old: TemplateSet | None = None,
) -> Subject:
    """The set with these values of root's parameters; CheckError where it cannot be read, or has no such parameter."""
    with readable():
        known = templates.parameters
        unknown = sorted(values.keys() - known.keys() - {"Environment"})
        if unknown:
            raise CheckError(
                f"the set has no parameter {', '.join(unknown)}",
                remedy="correct the environment's table in payflow.toml",
            )
        world = World(environment=request.environment or WORLD.environment)
        sent = {name: value for name, value in values.items() if name in known and name != "Environment"}
        if "Environment" in known:
            sent["Environment"] = world.environment
        decided = effective(parse_set(templates.templates, sent), sent)
        return Subject(request, templates, decided, world, sent, old)


@contextmanager
def readable() -> Iterator[None]:
    """CheckError for a set that this code does not expect."""
    try:
        yield
    except _UNREADABLE as error:
        raise CheckError(
            f"the set cannot be reported on: {type(error).__name__}: {error}",
            remedy="lint it, and correct the findings",
        ) from None


def short(text: str, world: World = WORLD) -> str:
    """A text without the region and account, which are imagined here; an ARN begins with its service."""
    place = f":{world.region}:{world.account}:"
    plain = text.replace(f"arn:{world.partition}:", "").replace(place, ":").replace(f"::{world.account}:", "::")
    return plain.replace(world.region, "REGION").replace(world.account, "ACCOUNT")
