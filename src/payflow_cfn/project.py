"""payflow.toml: the settings of the template set, and what each environment is deployed with."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from payflow_cfn.errors import SettingsError
from payflow_cfn.names import parse_environment
from payflow_cfn.settings import Settings, parse_settings

FILE = "payflow.toml"
_TABLES = ("settings", "environments")


@dataclass(frozen=True, slots=True)
class Target:
    """What one environment is deployed with; an empty text means that the file does not say."""

    region: str = ""
    bucket: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Project:
    """A checked payflow.toml; `Project()` is the described system without environments."""

    settings: Settings = field(default_factory=Settings)
    environments: Mapping[str, Target] = field(default_factory=dict)

    def target(self, environment: str) -> Target:
        """The environment's table, or an empty one: an environment need not be in the file."""
        return self.environments.get(environment, Target())


def parse_project(document: Mapping[str, Any]) -> Project:
    """Turn the parsed TOML into a Project; an unknown table or key is a SettingsError that names the nearest."""
    for name, value in document.items():
        if name not in _TABLES:
            close = difflib.get_close_matches(name, _TABLES, n=1)
            remedy = f"did you mean [{close[0]}]?" if close else "known are [settings] and [environments.NAME]"
            raise SettingsError(f"{FILE} has no table [{name}]", remedy=remedy, key=name)
        if not isinstance(value, Mapping):
            raise SettingsError(f"{FILE}: {name} is {value!r}", remedy=f"it has to be a table, [{name}]", key=name)
    targets = {name: _target(name, value) for name, value in document.get("environments", {}).items()}
    return Project(parse_settings(document.get("settings", {})), targets)


def read_project(path: str | Path = FILE) -> Project:
    """Read the file, or return `Project()` where there is none; SettingsError when it is not TOML or breaks a rule."""
    import tomllib

    try:
        return parse_project(tomllib.loads(Path(path).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Project()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML ({error})", remedy="correct it") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror})", remedy="make it a readable file") from None


def _target(name: str, value: Any) -> Target:
    from payflow_cfn.parsing import parse_as

    where = f"environments.{parse_environment(name)}"
    if not isinstance(value, Mapping):
        raise SettingsError(f"{where} is {value!r}", remedy=f"it has to be a table, [{where}]", key=name)
    return parse_as(Target, value, where=where)
