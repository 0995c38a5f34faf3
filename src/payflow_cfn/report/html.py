"""HTML and SVG as text: every value that is not Html is escaped, so a template cannot add markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from payflow_cfn.text import safe

_VOID = frozenset({"meta", "br"})
_INLINE = frozenset({"a", "b", "code", "text", "title", "desc", "span", "br"})


class Html(str):
    """Markup that is ready."""

    __slots__ = ()


def ready(value: object) -> Html:
    """The value as markup: characters that HTML would read, or that nobody can see, are escaped."""
    return value if isinstance(value, Html) else Html(escape(safe(str(value))))


def tag(name: str, /, *children: object, **attributes: object) -> Html:
    """An element; an underscore in an attribute's name is a hyphen, and one at its end is dropped.

    An attribute that is True has no value, one that is None or False is left out. A block ends its line, so that two
    pages can be compared by lines.
    """
    given = "".join(_attribute(key, value) for key, value in attributes.items() if value not in (None, False))
    end = "" if name in _INLINE else "\n"
    if name in _VOID:
        return Html(f"<{name}{given}>{end}")
    return Html(f"<{name}{given}>{''.join(map(ready, children))}</{name}>{end}")


def joined(parts: Iterable[object]) -> Html:
    """The parts one after the other."""
    return Html("".join(map(ready, parts)))


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Html:
    """A table that scrolls by itself on a narrow screen; the first cell of each row is its heading."""
    body = [tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in rest)) for first, *rest in rows]
    columns = tag("tr", *(tag("th", each, scope="col") for each in head))
    inner = tag("table", tag("caption", caption), tag("thead", columns), tag("tbody", *body))
    return tag("div", inner, class_="scroll", tabindex="0", role="region", aria_label=caption)


def section(name: str, title: str, *children: object) -> Html:
    """A part of the page with its heading."""
    heading = tag("h2", title, id=f"{name}-title")
    return tag("section", heading, *children, id=name, aria_labelledby=f"{name}-title")


def code(value: object) -> Html:
    """A name or value of a template."""
    return tag("code", value)


def _attribute(key: str, value: Any) -> str:
    name = key.removesuffix("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(safe(str(value)))}"'
