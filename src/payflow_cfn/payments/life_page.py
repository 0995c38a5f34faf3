"""The life of a payment as one HTML page: every text escaped, no script, nothing loaded from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from payflow_cfn.disk import write_files
from payflow_cfn.errors import FilesError
from payflow_cfn.payments.lookup import title
from payflow_cfn.text import one_line

if TYPE_CHECKING:
    from payflow_cfn.payments.life import Life
    from payflow_cfn.payments.lookup import Row

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; width: 100%; }
caption { font-weight: bold; text-align: left; }
th, td { border-bottom: 1px solid; overflow-wrap: anywhere; padding: .25rem .75rem .25rem 0; text-align: left; }
th, td { vertical-align: top; }
td:first-child { white-space: nowrap; }
"""
# The browser refuses all that is not in the page itself.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_COLUMNS = ("Time (UTC)", "Kind", "What", "Execution")


def check_page(path: str) -> None:
    """FilesError for a path that cannot be a file, before anything is sent."""
    if not os.path.basename(path) or os.path.isdir(path):
        raise FilesError(f"--html {path!r} is not a file's path", remedy="name a file, such as payment.html", path=path)


def write_page(path: str, row: Row, life: Life, step: str, facts: Iterable[tuple[str, str]]) -> None:
    """Write the page of a payment to a file."""
    text = page(row, life, step, facts)
    write_files(os.path.dirname(path) or ".", {os.path.basename(path): text.encode("utf-8", "replace")})


def page(row: Row, life: Life, step: str, facts: Iterable[tuple[str, str]]) -> str:
    """The page: what is known, the next step, and the moments in order of time."""
    known = "".join(f'<tr><th scope="row">{_text(label)}</th>{_cells([text])}</tr>\n' for label, text in facts)
    moments = "".join(f"<tr>{_cells([each.at, each.kind, each.text, each.execution])}</tr>\n" for each in life.moments)
    unread = "".join(f"<li>{_text(each)}</li>\n" for each in life.unread)
    head = "".join(f'<th scope="col">{each}</th>' for each in _COLUMNS)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title(row))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{_text(title(row))}</h1>\n<p>Now: {_text(step)}</p>\n"
        f"<table>\n<caption>What is known</caption>\n<tbody>\n{known}</tbody>\n</table>\n"
        f"<table>\n<caption>Its life</caption>\n<thead>\n<tr>{head}</tr>\n</thead>\n"
        f"<tbody>\n{moments}</tbody>\n</table>\n"
        f"{f'<h2>Not read</h2>{chr(10)}<ul>{chr(10)}{unread}</ul>{chr(10)}' if unread else ''}"
        "</main>\n</body>\n</html>\n"
    )


def _cells(texts: Sequence[str]) -> str:
    return "".join(f"<td>{_text(each)}</td>" for each in texts)


def _text(text: str) -> str:
    return escape(one_line(text))
