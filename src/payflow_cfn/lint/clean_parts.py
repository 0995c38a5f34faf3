"""The templates of the shipped set as cfn-lint found them: clean, so that a first run does not wait for it.

clean_parts.json has the release of cfn-lint, the regions, and the hash of what each check read;
`PYTHONPATH=src python docs/tables.py` writes it, and a test lints the same files again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec

from payflow_cfn.lint.findings import Report

FILE = os.path.join(os.path.dirname(__file__), "clean_parts.json")


def part_hash(files: Mapping[str, str]) -> str:
    """The SHA-256 (hex) of the files that one check reads."""
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def clean_reports(parts: Mapping[str, Mapping[str, str]], regions: Sequence[str]) -> dict[str, Report]:
    """An empty report for each template that is one of the shipped set's, by its name; for this cfn-lint only."""
    with open(FILE, encoding="utf-8") as file:
        known = json.load(file)
    if list(regions) != known["regions"] or not _is_installed(known["cfn-lint"]):
        return {}
    return {name: Report((), {}) for name, files in parts.items() if part_hash(files) in known["parts"]}


def _is_installed(version: str) -> bool:
    spec = find_spec("cfnlint")
    places = spec.submodule_search_locations if spec else None
    folders = (f"cfn_lint-{version}.dist-info",)
    return any(os.path.isdir(os.path.join(os.path.dirname(top), name)) for top in places or () for name in folders)
