"""cfn-lint in this process (and one fork of it), over the whole set as local nested templates."""

from __future__ import annotations

import gc
import logging
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from payflow_cfn.errors import SettingsError
from payflow_cfn.lint.findings import Explanation, Finding, Report
from payflow_cfn.lint.parts import Part
from payflow_cfn.processes import run_jobs

# A GetAtt of an output that a nested template does not have. PF002 reports it; cfn-lint reads the nested template for
# that only if it lies below the current folder.
_NO_OUTPUT = re.compile(r"'Outputs\.[^']*' is not one of \[('Outputs\.|\])")


def lint_templates(parts: Mapping[str, Part], *, regions: Sequence[str]) -> dict[str, Report]:
    """What cfn-lint says of each of these templates for these regions, informational rules included.

    Each is written to a folder with the other files of its part, because cfn-lint compares parameters along local paths
    only; W3002, which warns of local paths, is left out for that reason. A .cfnlintrc is not read: the same texts give
    the same findings in every folder.
    """
    with tempfile.TemporaryDirectory() as folder, _no_collection():
        longest_first = sorted(parts, key=lambda name: (-len(parts[name][name]), name))
        paths = [_written(Path(folder, str(index)), parts[name]) / name for index, name in enumerate(longest_first)]
        runner = _runner(folder, regions)
        jobs = [_job(runner, path, name) for path, name in zip(paths, longest_first, strict=True)]
        return dict(zip(longest_first, run_jobs(jobs), strict=True))


def _written(folder: Path, part: Part) -> Path:
    for name, text in part.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def _runner(folder: str, regions: Sequence[str]) -> Any:
    from cfnlint.config import ConfigMixIn, ManualArgs
    from cfnlint.helpers import REGIONS
    from cfnlint.runner import Runner

    # A file that a TemplateURL names and the set lacks is PF001; this logger would print its temporary path.
    logging.getLogger("cfnlint.decode").addHandler(logging.NullHandler())
    unknown = sorted(set(regions) - set(REGIONS))
    if unknown:
        raise SettingsError(f"cfn-lint knows no region {unknown[0]}", remedy=f"known are {', '.join(sorted(REGIONS))}")
    empty = Path(folder, "cfnlintrc")
    empty.write_text("{}", encoding="utf-8")
    checks = ManualArgs(regions=list(regions), ignore_checks=["W3002"], include_checks=["I"], config_file=str(empty))
    # One runner for all templates: loading the rules costs as much as applying them to two templates.
    return Runner(ConfigMixIn(**checks))


def _job(runner: Any, path: Path, name: str) -> Callable[[], Report]:
    def lint_one() -> Report:
        from cfnlint.runner import run_template_by_file_path

        matches = run_template_by_file_path(str(path), runner.config, runner.rules, False)
        kept = [each for each in matches if not _is_passed_over(each.rule.id, each.message)]
        found = sorted({_finding(each, name) for each in kept})
        return Report(tuple(found), {each.rule.id: _explanation(each.rule) for each in kept})

    return lint_one


def _finding(match: Any, name: str) -> Finding:
    where = "/".join(str(each) for each in getattr(match, "path", None) or [])
    return Finding(match.rule.id, match.rule.severity.lower(), name, where, match.message)


def _explanation(rule: Any) -> Explanation:
    return Explanation(rule.shortdesc, rule.description, rule.source_url)


def _is_passed_over(rule: str, message: str) -> bool:
    """Whether a correct template gets this, or only one that is checked from a folder above the temporary ones."""
    # cfn-lint's pattern for a Task's Resource is `^arn:aws:`, so elsewhere it warns of a correct AWS::Partition.
    return (rule == "W1031" and ":states:::" in message) or bool(_NO_OUTPUT.match(message))


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without cyclic collection while cfn-lint allocates: its schemas live to the end, each pass would read them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
