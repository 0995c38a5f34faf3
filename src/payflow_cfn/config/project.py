"""Read payflow.toml: the settings of the template set, and the table of each environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from payflow_cfn.aws.tags import check_tags
from payflow_cfn.config.names import is_production_name, parse_environment
from payflow_cfn.config.settings import Settings, parse_settings, setting_names
from payflow_cfn.disk import read_bytes
from payflow_cfn.errors import SettingsError, gathered, refuse

if TYPE_CHECKING:
    from payflow_cfn.config.environment import Target

FILE = "payflow.toml"
LARGEST_FILE = 1_000_000
_TABLES = ("settings", "environments")


class Project(NamedTuple):
    """A checked payflow.toml; `Project()` has the default settings and no environments."""

    settings: Settings = Settings()
    environments: Mapping[str, Target] = MappingProxyType({})

    def target(self, environment: str) -> Target:
        """The environment's table, or an empty one: an environment does not have to be in the file."""
        from payflow_cfn.config.environment import Target

        return self.environments.get(environment, Target())

    def is_production(self, environment: str) -> bool:
        """Whether the environment is guarded as production: by its table, else by its name."""
        said = self.target(environment).production
        return is_production_name(environment) if said is None else said


def parse_project(document: Mapping[str, Any]) -> Project:
    """Turn the parsed TOML into a Project; SettingsError names every unknown table or key, and the nearest known one.

    `every` of the error has one error for each mistake.
    """
    found: list[SettingsError] = []
    for name, value in document.items():
        with gathered(found):
            _check_table(name, value)
    tables = {name: value for name, value in document.items() if isinstance(value, Mapping)}
    targets: dict[str, Target] = {}
    for name, value in tables.get("environments", {}).items():
        with gathered(found):
            targets[name] = _target(name, value)
    with gathered(found):
        settings = parse_settings(tables.get("settings", {}))
        for name, target in targets.items():
            with gathered(found):
                _check_both_tags(settings, target, name)
    refuse(found)
    return Project(settings, targets)


def _check_table(name: str, value: Any) -> None:
    if name not in _TABLES:
        import difflib

        close = difflib.get_close_matches(name, _TABLES, n=1)
        remedy = f"did you mean [{close[0]}]?" if close else "known are [settings] and [environments.NAME]"
        if name in setting_names():
            remedy = "it is a setting: write it below [settings]"
        raise SettingsError(f"{FILE} has no table [{name}]", remedy=remedy, key=name)
    if not isinstance(value, Mapping):
        raise SettingsError(f"{FILE}: {name} is {value!r}", remedy=f"it has to be a table, [{name}]", key=name)


def read_project(path: str | os.PathLike[str] = FILE) -> Project:
    """Read the file, or return `Project()` if there is none; SettingsError when it is not TOML or breaks a rule.

    FilesError when it is larger than LARGEST_FILE bytes, is not a regular file, or cannot be read.
    """
    if not os.path.lexists(path):
        return Project()
    return parse_project(_toml(read_bytes(str(path), limit=LARGEST_FILE, linked=True), path))


def _toml(body: bytes, path: str | os.PathLike[str]) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(body.decode("utf-8-sig"))
    except RecursionError:
        raise SettingsError(f"{path} is nested too deeply", remedy="write it flat") from None
    except ValueError as error:  # not TOML, not UTF-8, or a number with thousands of digits
        remedy = "save it as UTF-8" if isinstance(error, UnicodeDecodeError) else "correct it"
        raise SettingsError(f"{path} is not TOML ({error})", remedy=remedy) from None


def _target(name: str, value: Any) -> Target:
    from payflow_cfn.config.environment import parse_target

    where = f"environments.{parse_environment(name)}"
    if not isinstance(value, Mapping):
        raise SettingsError(f"{where} is {value!r}", remedy=f"it has to be a table, [{where}]", key=name)
    return parse_target(value, where=where)


def _check_both_tags(settings: Settings, target: Target, name: str) -> None:
    """SettingsError if a resource would get invalid tags: each one gets the stack's tags beside the templates' own."""
    try:
        check_tags({**settings.tags, **target.tags})
    except SettingsError as error:
        raise SettingsError(f"environments.{name}.tags: {error.message}", remedy=error.remedy, key=name) from None
