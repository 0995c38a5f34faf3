"""Reports of sets and of single templates in the user's cache folder: what did not change is not checked again."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import date, datetime
from importlib.util import find_spec

from payflow_cfn.artifacts.shipped import shipped_folder
from payflow_cfn.errors import FilesError
from payflow_cfn.lint.findings import Explanation, Finding, Report

KEPT = 512  # reports, of some sixty sets; the ones that were not asked for longest go first
WHOLE = ""  # the name under which the report of a whole set is kept, with our own findings
_LARGEST = 1_000_000  # bytes; a report longer than that is not kept
# What our findings depend on besides the templates and the functions' sources: the sources of this package, whatever
# version they say they are, and these that it imports.
BESIDE = (
    "artifacts/__init__.py",
    "artifacts/answers.py",
    "artifacts/dependencies.py",
    "artifacts/digest.py",
    "artifacts/folders.py",
    "artifacts/identities.py",
    "artifacts/manifest.py",
    "artifacts/sbom.py",
    "artifacts/set_folder.py",
    "artifacts/shipped.py",
    "artifacts/template_set.py",
    "aws/__init__.py",
    "aws/conditions.py",
    "aws/data_resources.py",
    "aws/functions.py",
    "aws/grants.py",
    "aws/intrinsics.py",
    "aws/loops.py",
    "aws/names.py",
    "aws/nesting.py",
    "aws/parsed_set.py",
    "aws/regions.py",
    "aws/runtimes.py",
    "aws/s3_urls.py",
    "aws/shares.py",
    "aws/stack.py",
    "aws/state_graph.py",
    "aws/tags.py",
    "aws/template.py",
    "aws/values.py",
    "aws/worlds.py",
    "config/__init__.py",
    "config/alarms.py",
    "config/names.py",
    "disk.py",
    "errors.py",
    "jsontext.py",
    "processes.py",
    "text.py",
    "version.py",
    "yamltext.py",
)
# What tells one release of a checker from another without importing it, and of what our rules read.
CHECKERS = {"cfnlint": "version.py", "cloudformation_validate": "bindings_python.py"}
READ = {"botocore": "__init__.py", "jsonata": "parser.py"}


def cache_folder(environment: Mapping[str, str]) -> str:
    """The folder for reports by the XDG base directory rules, or an empty text where there is no home.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    base = environment.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        home = environment.get("HOME") or environment.get("USERPROFILE") or ""
        base = os.path.join(home, ".cache") if os.path.isabs(home) else ""
    return os.path.join(base, "payflow_cfn", "lint") if base else ""


@dataclass(frozen=True, slots=True)
class ReportCache:
    """Reports by what was checked: a template's name or WHOLE, and the files that its check read.

    `basis` is the hash of all else that a report depends on. Where the folder or the basis is empty, nothing is kept.
    """

    folder: str
    basis: str

    @classmethod
    def of(cls, folder: str, *, regions: Sequence[str], checker: str, today: date | None = None) -> ReportCache:
        """The reports in this folder that are valid here and today."""
        return cls(folder, _basis(regions, checker, today) if folder else "")

    def load(self, name: str, files: Mapping[str, str]) -> Report | None:
        """The report; None when there is none, or it is not as it was written."""
        if not self.basis:
            return None
        path = os.path.join(self.folder, self._entry(name, files))
        try:
            with open(path, "rb") as file:
                digest, _, body = file.read(_LARGEST + 100).partition(b"\n")
            if digest.decode() != hashlib.sha256(body).hexdigest():
                return None
            kept = json.loads(body)
            report = Report(
                tuple(Finding(*each) for each in kept["findings"]),
                {key: Explanation(*each) for key, each in kept["rules"].items()},
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        with suppress(OSError):
            os.utime(path)
        return report

    def store(self, made: Mapping[str, tuple[Mapping[str, str], Report]]) -> None:
        """Keep these reports by what was checked, and no more than KEPT in all; nothing if that is impossible."""
        from payflow_cfn.disk import write_files

        if not self.basis:
            return
        bodies = {self._entry(name, files): _body(report) for name, (files, report) in made.items()}
        with suppress(OSError, FilesError):
            write_files(self.folder, {name: body for name, body in bodies.items() if len(body) <= _LARGEST})
            _forget_oldest(self.folder)

    def _entry(self, name: str, files: Mapping[str, str]) -> str:
        digest = hashlib.sha256(f"{self.basis}\0{name}\0".encode())
        for each, text in sorted(files.items()):
            body = text.encode()
            digest.update(f"{each}\0{len(body)}\0".encode() + body)
        return f"{digest.hexdigest()}.json"


def _body(report: Report) -> bytes:
    kept = {
        "findings": [astuple(each) for each in report.findings],
        "rules": {key: astuple(each) for key, each in report.rules.items()},
    }
    body = json.dumps(kept, sort_keys=True).encode()
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def _basis(regions: Sequence[str], checker: str, today: date | None) -> str:
    """Empty where a part of it cannot be read.

    The day is a part of it: the linters report a Lambda runtime from the day on that its support ends. So is whether
    Python dropped the docstrings, which are the rules' explanations.
    """
    day = today or datetime.now().astimezone().date()
    python = f"{sys.version}\0{sys.flags.optimize}"
    digest = hashlib.sha256(f"{python}\0{checker}\0{' '.join(sorted(set(regions)))}\0{day}\0".encode())
    try:
        for package, file_name in ((checker, CHECKERS[checker]), *READ.items()):
            digest.update(_release(package, file_name))
        digest.update(_schemas())
        for path in sources():
            with open(path, "rb") as file:
                digest.update(file.read())
    except OSError:
        return ""
    return digest.hexdigest()


def _release(package: str, file_name: str) -> bytes:
    spec = find_spec(package)
    if spec is None or not spec.origin:
        raise FileNotFoundError(package)
    with open(os.path.join(os.path.dirname(spec.origin), file_name), "rb") as file:
        return file.read()


def _schemas() -> bytes:
    """When `cfn-lint --update-specs` put schemas into its own cache; it prefers them to those of an older release."""
    home = os.path.expanduser("~")
    base = {
        "darwin": os.path.join(home, "Library", "Caches"),
        "win32": os.environ.get("LOCALAPPDATA", os.path.join(home, "AppData", "Local")),
    }.get(sys.platform, os.environ.get("XDG_CACHE_HOME", os.path.join(home, ".cache")))
    try:
        return str(os.stat(os.path.join(base, "aws", "cfn-lint", "schemas", "providers")).st_mtime_ns).encode()
    except OSError:
        return b""


def sources() -> list[str]:
    """The files of this package that a report depends on."""
    check, others = os.path.dirname(__file__), os.path.dirname(os.path.dirname(__file__))
    rules = [os.path.join(check, each) for each in sorted(os.listdir(check)) if each.endswith(".py")]
    return rules + [os.path.join(others, each) for each in BESIDE] + _functions()


def _functions() -> list[str]:
    """The sources of the functions: what they read and write is held against the templates."""
    top = shipped_folder("lambdas")
    found = (os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names)
    return sorted(each for each in found if each.endswith(".py"))


def _forget_oldest(folder: str) -> None:
    with os.scandir(folder) as entries:
        kept = sorted((each.stat().st_mtime_ns, each.path) for each in entries if each.name.endswith(".json"))
    for _, path in kept[:-KEPT]:
        os.unlink(path)
