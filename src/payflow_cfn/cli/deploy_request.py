"""The request of `plan` and `deploy` for one environment: from payflow.toml, the set and the options."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from payflow_cfn.cli.shared import (
    bucket_option,
    check_runtimes,
    chosen_set,
    environment_option,
    parameter_option,
    parameters_to_send,
    prefix_option,
    region_option,
    set_option,
    tell_of_unlisted,
    values_of,
)
from payflow_cfn.cli.storage_options import storage_of
from payflow_cfn.errors import PayflowError

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.cli.session import Place
    from payflow_cfn.config.options import Options

# The options of a request that another command for it has to get again, by the names of their values.
_REPEATED = {
    "environment": "--env",
    "bucket": "--bucket",
    "prefix": "--prefix",
    "region": "--region",
    "parameters": "--parameter",
    "folder": "--set",
    "allow_simulated_gateway": "--allow-simulated-gateway",
}
# The commands of remedies that make a change set; --resume and --change-set go on with one.
_MAKES_ONE = re.compile(r"`payflow (deploy|plan)(?= --(?:keep|recreate|wait)\b)")


def request_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a request."""
    for option in (set_option, parameter_option, region_option, prefix_option, bucket_option, environment_option):
        command = option(command)
    return command


class Asked(NamedTuple):
    """The values of these options that every environment gets; `choice` are further fields of Options."""

    bucket: str | None
    prefix: str
    region: str | None
    parameters: tuple[str, ...]
    folder: str | None
    choice: dict[str, Any]


def place_and_options(environment: str, asked: Asked) -> tuple[Place, Options]:
    """The environment's place, and the options of its deploy."""
    from payflow_cfn.cli.session import place
    from payflow_cfn.config.options import options_for

    here = place(environment, asked.region)
    tell_of_unlisted(here.project, here.environment)
    return here, options_for(here.target, production=here.production, **asked.choice)


def request_of(
    environment: str, asked: Asked, templates: TemplateSet | None, *, is_plan: bool = False
) -> tuple[Place, dict[str, Any]]:
    """The place and the arguments of a deploy; `templates` if they were rendered before."""
    given = values_of(environment, asked.parameters)
    here, options = place_and_options(environment, asked)
    templates = templates or chosen_set(asked.folder, here.project)
    if not is_plan:
        check_runtimes(templates.runtimes)
    sent = parameters_to_send(here, given, templates)
    storage = storage_of(here, asked.bucket)
    return here, {
        "templates": templates,
        "bucket": storage.bucket,
        "prefix": asked.prefix,
        "parameters": sent,
        "tags": dict(here.target.tags) or None,
        "options": options,
        "sse": storage.encryption,
        "expected_owner": storage.owner,
    }


def repeated(command: str) -> str:
    """The command with the options of the running command's request."""
    import shlex

    given = click.get_current_context().params
    words = ["payflow", command]
    for key, option in _REPEATED.items():
        value = given.get(key)
        if value is True:
            words.append(option)
        elif value and (key, value) != ("prefix", "payflow"):
            for each in value if isinstance(value, tuple) else (value,):
                words += [option, each]
    return shlex.join(words)


@contextmanager
def repeating_request() -> Iterator[None]:
    """Complete the commands in the remedy of an error with the request's options: without --set it is another plan."""
    try:
        yield
    except PayflowError as error:
        error.remedy = _MAKES_ONE.sub(lambda found: f"`{repeated(found[1])}", error.remedy)
        raise
