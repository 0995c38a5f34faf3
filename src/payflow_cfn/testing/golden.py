"""Compare a set with the one that was kept in a folder."""

from __future__ import annotations

from payflow_cfn.artifacts.template_set import TemplateSet, read_set, write_set

_SHOWN = 20


def assert_golden(templates: TemplateSet, folder: str, *, update: bool = False) -> None:
    """AssertionError with what changed, as `payflow diff` says it, when the folder holds another set.

    With `update`, or if the folder is not there, the set is written in its place.
    """
    import os

    from payflow_cfn.diff import diff_sets

    if update or not os.path.isdir(folder):
        write_set(templates, folder)
        return
    kept = read_set(folder)
    if kept == templates:
        return
    changes = [str(each) for each in diff_sets(kept, templates)]
    more = [f"and {len(changes) - _SHOWN} more"] if len(changes) > _SHOWN else []
    lines = [f"the set is not the one in {folder}; --payflow-update keeps the new one", *changes[:_SHOWN], *more]
    raise AssertionError("\n  ".join(lines))
