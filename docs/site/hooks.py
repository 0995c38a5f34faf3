"""The steps that MkDocs lacks: pages made from the code, pictures, GitHub's Markdown, llms.txt."""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parent))
from github import four_spaces, slug
from navigation import expanded, llms
from reference import pages
from sequence import sequence

_DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+[^)\s#]+)(?:#[^)]*)?\)")
_LOADED = re.compile(r"<(?:script|img|iframe|link(?![^>]*canonical))\b[^>]*(?:src|href)=\"?(?:https?:)?//[^>]*>")
MADE = pages()


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages made from the code into the navigation, and name anchors as GitHub does."""
    config.nav = expanded(config.nav, MADE)
    config.mdx_configs["toc"]["slugify"] = lambda text, _: slug(text)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages made from the code."""
    for path, text in MADE.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - MkDocs' own
    """Draw the diagrams, explain the glossary's words, and turn GitHub's Markdown into Python-Markdown's."""
    drawn = _DIAGRAM.sub(lambda found: f"<figure>{sequence(found[1])}</figure>", markdown)
    inside = _LINK.sub(lambda found: _linked(found, page.file.src_uri), drawn)
    return four_spaces(inside) + "\n\n" + "\n".join(_words(Path(config.docs_dir)))


def _linked(found: re.Match[str], page: str) -> str:
    """The link, or the name of a file that is in the repository and not on the site."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), found[2]))
    return f"{found[1]} (`{path[3:]}` of the repository)" if path.startswith("../") else found[0]


def _words(docs: Path) -> Iterator[str]:
    """The glossary's terms of two words or more, which a pointer on them explains."""
    text = (docs / "glossary.md").read_text(encoding="utf-8")
    for names, meaning in re.findall(r"^\| ([a-z][^|]+) \| ([^|]+) \|$", text, re.MULTILINE):
        yield from (f"*[{name}]: {meaning.replace('`', '')}" for name in names.split(", ") if " " in name)


def on_post_build(config: MkDocsConfig) -> None:
    """Write the list of pages for programs that read, and refuse a page that loads anything from another host."""
    for path in Path(config.site_dir).rglob("*.html"):
        if found := _LOADED.search(path.read_text(encoding="utf-8")):
            raise PluginError(f"{path.name} loads from another host: {found[0]}")
    text: Any = llms(config.nav, Path(config.docs_dir), MADE, suffix=".html")
    (Path(config.site_dir) / "llms.txt").write_text(text, encoding="utf-8")
