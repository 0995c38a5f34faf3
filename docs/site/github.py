"""GitHub's Markdown as Python-Markdown reads it: lists with four spaces, and the anchors of headings."""

from __future__ import annotations

import re

_ITEM = re.compile(r"([-*]|\d+\.) +")


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def four_spaces(markdown: str) -> str:
    """The text with each level of a list indented by four spaces, in place of the width of its marker."""
    columns: list[int] = []
    fence = ""
    out = []
    for line in markdown.split("\n"):
        indent, body = len(line) - len(line.lstrip(" ")), line.lstrip(" ")
        if fence:
            out.append(" " * 4 * len(columns) + line[min(indent, columns[-1] if columns else 0) :] if body else "")
            fence = "" if body.startswith(fence) else fence
            continue
        if body:
            while columns and indent < columns[-1]:
                columns.pop()
            level, extra = len(columns), indent - (columns[-1] if columns else 0)
            out.append(" " * (4 * level + extra) + body)
            if item := _ITEM.match(body):
                columns.append(indent + len(item[0]))
        else:
            out.append("")
        fence = found[0] if (found := re.match("`{3,}", body)) else ""
    return "\n".join(out)
