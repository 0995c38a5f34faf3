"""Copy what a distribution is built from into a folder, with a README whose links work on PyPI.

`python docs/site/pypi.py FOLDER`; the variable REPOSITORY_URL has the address of the repository, such as that of a
project at GitHub. Without it, a link is its text, and a picture is left out.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

TOP = Path(__file__).parents[2]
PARTS = ("src", "lambdas", "templates", "README.md", "LICENSE", "setup.cfg", "pyproject.toml")
_PICTURE = re.compile(r"!\[([^\]]*)\]\((?!https?:)([^)]+)\)")
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:)([^)]+)\)")


def readme(text: str, repository: str) -> str:
    """The README with the address of the repository before each link, or without links."""
    if not repository:
        return _LINK.sub(r"\1", _PICTURE.sub("", text))
    at = repository.rstrip("/")
    return _LINK.sub(rf"[\1]({at}/blob/main/\2)", _PICTURE.sub(rf"![\1]({at}/raw/main/\2)", text))


def copy(folder: Path, repository: str) -> None:
    """Copy the parts of a distribution into an empty folder."""
    for name in PARTS:
        source = TOP / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, folder / name)
    page = folder / "README.md"
    page.write_text(readme(page.read_text(encoding="utf-8"), repository), encoding="utf-8")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    copy(target, os.environ.get("REPOSITORY_URL", ""))
