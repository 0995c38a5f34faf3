"""Pins of installed distributions that a team copies into its own functions."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from payflow_cfn.artifacts.dependencies import Pin, pinned_lines, record_digest
from payflow_cfn.errors import PackageError

if TYPE_CHECKING:
    from importlib import metadata

_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9][A-Za-z0-9._+!-]*)")


def installed_pin(requirement: str) -> Pin:
    """The pin of an installed, pure-Python distribution, "name==version"; PackageError if that one is not installed.

    Its hash is that of its RECORD: the same wheel gives the same pin everywhere, and packaging compares every file.
    """
    from importlib import metadata

    found = _REQUIREMENT.fullmatch(requirement)
    if not found:
        raise PackageError(f"{requirement!r} is not a pinned distribution", remedy='write it as "name==version"')
    name, version = found.groups()
    try:
        installed = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise PackageError(
            f"{name} is not installed, and it goes into an artifact", remedy=f"pip install {requirement}"
        ) from None
    if installed.version != version:
        raise PackageError(
            f"{name} {installed.version} is installed, not {version}", remedy=f"pip install {requirement}"
        )
    record, folder = installed.read_text("RECORD"), os.path.basename(str(getattr(installed, "_path", "")))
    if record is None or not folder.endswith(".dist-info"):
        raise PackageError(
            f"{name} was not installed from a wheel", remedy=f"pip install --force-reinstall {requirement}"
        )
    bare = Pin(folder.removesuffix(f"-{version}.dist-info"), version, "", _license(installed))
    return bare._replace(record=record_digest(pinned_lines(bare, record)))


def _license(installed: metadata.Distribution) -> str:
    facts = installed.metadata
    named = [facts[each] for each in ("License-Expression", "License") if each in facts]
    return str(named[0])[:100] if named else "NOASSERTION"
