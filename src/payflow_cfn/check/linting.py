"""cfn-lint in this process, over the whole set as local nested templates."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from payflow_cfn.check.findings import Finding


def lint_templates(texts: Mapping[str, str], *, region: str) -> list[Finding]:
    """What cfn-lint says of these texts (file name to text), informational rules included.

    The children are written next to the root, because cfn-lint compares parameters along local paths only; W3002,
    which warns of local paths, is left out for that reason.
    """
    with tempfile.TemporaryDirectory() as folder, _no_collection():
        for name, text in texts.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        return sorted(set(_run([str(Path(folder, name)) for name in sorted(texts)], region)))


def _run(paths: list[str], region: str) -> Iterator[Finding]:
    from cfnlint.config import ConfigMixIn, ManualArgs
    from cfnlint.runner import Runner

    # One runner for all templates: loading the rules costs more than applying them.
    config = ConfigMixIn(**ManualArgs(templates=paths, regions=[region], ignore_checks=["W3002"], include_checks=["I"]))
    for match in Runner(config).run():
        # cfn-lint knows a service integration's ARN in the partition aws only, and warns of a correct one elsewhere.
        if match.rule.id == "W1031" and ":states:::" in match.message:
            continue
        if _knows_one_partition(match.rule.id, match.message):
            continue
        where = "/".join(str(each) for each in getattr(match, "path", None) or [])
        name = Path(match.filename or "").name
        yield Finding(match.rule.id, match.rule.severity.lower(), name, where, match.message)


def _knows_one_partition(rule: str, message: str) -> bool:
    """cfn-lint's pattern for a Task's Resource is `^arn:aws:`, so elsewhere it warns of a correct AWS::Partition."""
    return rule == "W1031" and "arn:${AWS::Partition}:states:::" in message and "'^arn:aws:" in message


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
