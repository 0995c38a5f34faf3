"""A comparison as Markdown for a comment on a pull request: risks first, the rest folded, and never too long.

Texts of templates stand in `<code>`, with every character that Markdown or HTML could read as an entity of HTML:
so no code host makes a link, a mention or a table's cell of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from payflow_cfn.diff.changes import Change, ResourceChange
from payflow_cfn.diff.folding import FEW, shared
from payflow_cfn.diff.text import mark_of, property_line, resource_title, sections, summary
from payflow_cfn.text import safe

LONGEST = 65_536  # characters of a comment on GitHub; counted in bytes here, for hosts that do
_RESERVE = 200  # for the line about what is left out
_PROPERTIES = 25  # lines of one resource
_HEAD = "| | resource | change |\n|---|---|---|\n"
# What could mean something; a colon and a dot only in an address that a code host would make a link of.
_MEANING = re.compile(r"[^ a-zA-Z0-9,(){}$=/+\"';?%!:.-]|:(?=//)|(?<=[wW]{3})\.")


@dataclass(frozen=True, slots=True)
class Block:
    """Rows below a title; `head` is that of a table, and a folded block opens with a click."""

    title: str
    rows: tuple[str, ...]
    head: str = ""
    is_folded: bool = False

    @property
    def start(self) -> str:
        """The lines before the rows."""
        if self.is_folded:
            return f"\n<details><summary>{self.title} ({len(self.rows)})</summary>\n\n{self.head}"
        return f"\n### {self.title}\n\n{self.head}"

    @property
    def end(self) -> str:
        """The lines after the rows."""
        return "\n</details>\n" if self.is_folded else ""


def markdown(changes: Sequence[Change], *, folded: bool = False, longest: int = LONGEST) -> str:
    """The comparison as a document of at most `longest` bytes; `folded` as in `payflow_cfn.diff.text`."""
    return document(headline(changes), blocks(changes, folded=folded), longest=longest)


def headline(changes: Sequence[Change]) -> str:
    """The first line: the number of changed resources by kind of change."""
    if not changes:
        return "no differences"
    at_hand = [each for each in changes if not each.only]
    if not at_hand:
        return "no differences with the values at hand"
    return summary([each for each in at_hand if isinstance(each, ResourceChange)])


def blocks(changes: Sequence[Change], *, folded: bool) -> list[Block]:
    """The parts of a comparison, the most important ones first: all risks and access, then everything else."""
    first: list[Block] = []
    rest: list[Block] = []
    for only in dict.fromkeys(["", *(each.only for each in changes)]):
        inside = [each for each in changes if each.only == only]
        where = f", only where {code(only)}" if only else ""
        for title, lines in sections(inside, folded=folded):
            rows = tuple(items(lines))
            if rows:
                (first if title.startswith(("data", "taken", "access")) else rest).append(
                    Block(f"{title.capitalize()}{where}", rows, is_folded=title.startswith("par") and len(rows) > FEW)
                )
        rows = tuple(_rows([each for each in inside if isinstance(each, ResourceChange)], folded=folded))
        rest += [Block(f"Resources{where}", rows, _HEAD, len(rows) > FEW)] if rows else []
    return [*first, *rest]


def items(lines: Sequence[str]) -> Iterator[str]:
    """Each line as an item of a list, with the lines that are indented below it."""
    found: list[str] = []
    for line in lines:
        if found and line.startswith(" "):
            found[-1] += f"<br>{code(line.strip())}"
        else:
            found.append(f"- {code(line)}")
    return (f"{each}\n" for each in found)


def document(first: str, parts: Sequence[Block], *, longest: int = LONGEST) -> str:
    """The headline and the blocks, with as many rows as there is room for, and the number of those left out."""
    found, left = f"## {escaped(first)}\n", 0
    room = longest - _RESERVE - _size(found)
    for part in parts:
        kept = _fitting(part, room)
        left += len(part.rows) - len(kept)
        if kept:
            made = part.start + "".join(kept) + part.end
            room -= _size(made)
            found += made
    return found + (f"\n{left} lines are left out: the comment would be too long.\n" if left else "")


def _fitting(part: Block, room: int) -> list[str]:
    room -= _size(part.start + part.end)
    kept: list[str] = []
    for row in part.rows:
        if _size(row) <= room:
            room -= _size(row)
            kept.append(row)
    return kept


def _size(text: str) -> int:
    return len(text.encode())


def _rows(changes: Sequence[ResourceChange], *, folded: bool) -> Iterator[str]:
    """A row of the table for each resource, after those for changes that many resources share."""
    common, single = shared(changes, property_line) if folded else ([], list(changes))
    for line in common:
        mark, _, what = line.partition(" ")
        yield f"| {code(mark)} | many | {code(what)} |\n"
    for each in single:
        lines = [*each.notes, *map(property_line, each.properties)]
        more = [f"and {len(lines) - _PROPERTIES} more"] if len(lines) > _PROPERTIES else []
        effect = [each.effect.words] if each.action == "modify" else [{"add": "new"}.get(each.action, "removed")]
        told = [*effect, *map(code, lines[:_PROPERTIES]), *more]
        yield f"| {code(mark_of(each))} | {code(resource_title(each))} | {'<br>'.join(told)} |\n"


def code(text: str) -> str:
    """A text as code, without anything that Markdown or HTML could read."""
    return f"<code>{escaped(text)}</code>"


def escaped(text: str) -> str:
    """A text with an entity in place of each character that could mean something; one line, in ASCII."""
    return _MEANING.sub(lambda found: f"&#{ord(found[0])};", safe(text))
