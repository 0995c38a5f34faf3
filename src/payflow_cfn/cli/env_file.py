"""Write outputs as KEY=value lines that shells and docker read in the same way."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from payflow_cfn.errors import FilesError

# Characters that need no quotes in a shell or in docker. ARNs (a log group's ends in `:*`), names and URLs have no
# others. A shell does not expand `*` in an assignment:
# https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_09_01
_PLAIN = re.compile(r"(?!=)[A-Za-z0-9_./:@%+,=*-]*\Z")
# The ends of words in a CamelCase name: in `tableArn` before the A, in `KMSKey` before the last capital of a run.
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def variable_name(output: str) -> str:
    """The output's name in UPPER_SNAKE: `StateMachineArn` is STATE_MACHINE_ARN."""
    name = _HUMP.sub("_", output).upper()
    return f"_{name}" if name[:1].isdigit() else name


def needs_quotes(value: str) -> bool:
    """Whether a shell needs quotes around the value; `docker run --env-file` would take quotes as part of it."""
    return not _PLAIN.match(value)


def env_lines(values: Mapping[str, str]) -> Iterator[str]:
    """One line a value, sorted by name; in shell quotes only if a shell needs them.

    FilesError for a value with a line break or a control character, which no such file can hold, and for two outputs
    that have one name in UPPER_SNAKE.
    """
    owners: dict[str, str] = {}
    for output, value in sorted(values.items()):
        name = variable_name(output)
        if name in owners:
            raise FilesError(f"the outputs {owners[name]} and {output} are both {name}", remedy="use --json", name=name)
        if not value.isprintable():
            raise FilesError(
                f"the output {output} has a character that no line can hold", remedy="use --json", output=output
            )
        owners[name] = output
        yield f"{name}={shlex.quote(value) if needs_quotes(value) else value}"
