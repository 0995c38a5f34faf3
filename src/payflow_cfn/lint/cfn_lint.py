"""cfn-lint in this process (and one fork of it), over the whole set as local nested templates."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from payflow_cfn.errors import SettingsError
from payflow_cfn.lint.findings import Explanation, Finding, Report
from payflow_cfn.processes import run_jobs

Found = dict[Finding, Explanation]


def lint_templates(texts: Mapping[str, str], *, regions: Sequence[str]) -> Report:
    """What cfn-lint says of these texts (file name to text) for these regions, informational rules included.

    The children are written next to the root, because cfn-lint compares parameters along local paths only; W3002,
    which warns of local paths, is left out for that reason. A .cfnlintrc is not read: the same texts give the same
    findings in every folder.
    """
    with tempfile.TemporaryDirectory() as folder, _no_collection():
        for name, text in texts.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        longest_first = sorted(texts, key=lambda name: (-len(texts[name]), name))
        runner = _runner(folder, regions)
        found: Found = {}
        for each in run_jobs([_job(runner, Path(folder), name) for name in longest_first]):
            found.update(each)
    return Report(tuple(sorted(found)), {each.rule: why for each, why in found.items()})


def _runner(folder: str, regions: Sequence[str]) -> Any:
    from cfnlint.config import ConfigMixIn, ManualArgs
    from cfnlint.helpers import REGIONS
    from cfnlint.runner import Runner

    unknown = sorted(set(regions) - set(REGIONS))
    if unknown:
        raise SettingsError(f"cfn-lint knows no region {unknown[0]}", remedy=f"known are {', '.join(sorted(REGIONS))}")
    empty = Path(folder, "cfnlintrc")
    empty.write_text("{}", encoding="utf-8")
    checks = ManualArgs(regions=list(regions), ignore_checks=["W3002"], include_checks=["I"], config_file=str(empty))
    # One runner for all templates: loading the rules costs as much as applying them to two templates.
    return Runner(ConfigMixIn(**checks))


def _job(runner: Any, folder: Path, name: str) -> Callable[[], Found]:
    def lint_one() -> Found:
        from cfnlint.runner import run_template_by_file_path

        matches = run_template_by_file_path(str(folder / name), runner.config, runner.rules, False)
        return {
            _finding(each, name): _explanation(each.rule)
            for each in matches
            if not _knows_one_partition(each.rule.id, each.message)
        }

    return lint_one


def _finding(match: Any, name: str) -> Finding:
    where = "/".join(str(each) for each in getattr(match, "path", None) or [])
    return Finding(match.rule.id, match.rule.severity.lower(), name, where, match.message)


def _explanation(rule: Any) -> Explanation:
    return Explanation(rule.shortdesc, rule.description, rule.source_url)


def _knows_one_partition(rule: str, message: str) -> bool:
    """cfn-lint's pattern for a Task's Resource is `^arn:aws:`, so elsewhere it warns of a correct AWS::Partition."""
    if rule != "W1031":
        return False
    return ":states:::" in message


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
