"""Compare a set with the one that was kept in a folder."""

from __future__ import annotations

from payflow_cfn.artifacts.template_set import TemplateSet, read_set, write_set
from payflow_cfn.errors import FilesError

_SHOWN = 40


def assert_golden(templates: TemplateSet, folder: str, *, update: bool = False) -> None:
    """AssertionError with the changes, as `payflow diff` prints them, if the folder holds another set.

    With `update` the set is written in its place. FilesError if the folder is not there.
    """
    import os

    from payflow_cfn.diff import diff_sets, text

    if update:
        write_set(templates, folder)
        return
    if not os.path.isdir(folder):
        raise FilesError(f"there is no folder {folder}", remedy="`pytest --payflow-update` writes the set into it")
    kept = read_set(folder)
    if kept == templates:
        return
    changes = text(diff_sets(kept, templates, metadata=True), folded=True).splitlines()
    more = [f"and {len(changes) - _SHOWN} more lines; `payflow diff {folder}` has them"] if changes[_SHOWN:] else []
    lines = [f"the set is not the one in {folder}; --payflow-update keeps the new one", *changes[:_SHOWN], *more]
    raise AssertionError("\n  ".join(lines))
