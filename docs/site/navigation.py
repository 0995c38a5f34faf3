"""The navigation of the site with the pages made from the code, and llms.txt, which lists every page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_FIRST = re.compile(r"^# (.+)\n\n(?:\*\*)?((?:[^|`#\s*]|`[^`\n]+`)[^\n]*(?:\n[^\n|`-][^\n]*)*)", re.MULTILINE)


def expanded(nav: Any, made: Mapping[str, str]) -> Any:
    """The navigation with `folder/*` replaced by the folder's pages."""
    if isinstance(nav, list):
        return [one for each in nav for one in _found(each, made)]
    return {key: expanded(value, made) for key, value in nav.items()} if isinstance(nav, dict) else nav


def _found(entry: Any, made: Mapping[str, str]) -> list[Any]:
    if isinstance(entry, str) and entry.endswith("/*"):
        return [each for each in made if each.startswith(entry[:-1])]
    return [expanded(entry, made)]


def named(nav: Any) -> Iterator[str]:
    """Every page of a navigation, in its order."""
    if isinstance(nav, str):
        yield nav
    for each in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from named(each)


def llms(nav: Any, docs: Path, made: Mapping[str, str], *, suffix: str = ".md") -> str:
    """The text of llms.txt (https://llmstxt.org): the parts of the navigation, each page with its first sentence."""
    lines = ["# payflow_cfn", "", "> A payment workflow for AWS accounts, as CloudFormation that is rendered, checked, "
             "planned, deployed and run."]  # fmt: skip
    for part in nav:
        ((title, inside),) = part.items()
        lines += ["", f"## {title}", ""]
        for page in named(inside):
            text = made.get(page) or (docs / page).read_text(encoding="utf-8")
            name, sentence = summary(text)
            lines.append(f"- [{name}]({page.removesuffix('.md')}{suffix}): {sentence}")
    return "\n".join(lines) + "\n"


def summary(text: str) -> tuple[str, str]:
    """A page's title, and its first sentence without links."""
    found = _FIRST.search(text)
    if found is None:
        raise ValueError(f"the page has no first sentence: {text[:60]!r}")
    words = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", " ".join(found[2].split()))
    return found[1].replace("`", ""), re.split(r"(?<=[.:]) ", words)[0].strip("*")
