"""The documentation site: its navigation, the length of its pages, their command blocks, and what is made for it."""

from __future__ import annotations

import posixpath
import re
import runpy
from collections import Counter
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).parents[1]
DOCS = TOP / "docs"
PAGES = {each.relative_to(DOCS).as_posix(): each.read_text(encoding="utf-8") for each in sorted(DOCS.rglob("*.md"))}
NAVIGATION = runpy.run_path(str(DOCS / "site" / "navigation.py"))
GITHUB = runpy.run_path(str(DOCS / "site" / "github.py"))
SEQUENCE = runpy.run_path(str(DOCS / "site" / "sequence.py"))
PYPI = runpy.run_path(str(DOCS / "site" / "pypi.py"))
# A page above 900 words, and why it is not split.
LONG = {
    "emulator/gaps.md": "it is one table",
    "lint/examples.md": "it is one table",
    "permissions.md": "`payflow audit --page` prints it, and a reviewer searches it",
}
FENCE = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
MADE = re.compile(r"<!-- made by .*?<!-- end -->", re.DOTALL)
# A command block with the line before it.
BLOCK = re.compile(r"^(?P<before>[^\n]*)\n *```(?:sh|console)\n(?P<text>.*?)^ *```", re.DOTALL | re.MULTILINE)
MARK = re.compile(r"\s*<!-- (?:a test runs this|run by (?P<test>\S+)|not run: (?P<reason>.{10,}))(?:: \S+)? -->")


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """The pages that the site makes from the code."""
    found: dict[str, str] = runpy.run_path(str(DOCS / "site" / "reference.py"))["pages"]()
    return found


@pytest.fixture(scope="module")
def nav(made: dict[str, str]) -> object:
    written = yaml.safe_load((DOCS / "site" / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    return NAVIGATION["expanded"](written, made)


def words(text: str) -> int:
    """The words of a page, without its code and without what is made from the code."""
    return sum(1 for each in FENCE.sub("", MADE.sub("", text)).split() if re.search(r"\w", each))


def test_the_navigation_names_every_page_once(nav: object, made: dict[str, str]) -> None:
    assert Counter(NAVIGATION["named"](nav)) == Counter([*PAGES, *made])


def test_no_page_has_more_than_900_words(made: dict[str, str]) -> None:
    assert [name for name, text in {**PAGES, **made}.items() if words(text) > 900] == list(LONG)


def test_llms_txt_lists_each_page_with_its_first_sentence(nav: object, made: dict[str, str]) -> None:
    text = NAVIGATION["llms"](nav, DOCS, made)
    assert Counter(re.findall(r"\]\((\S+\.md)\): \w", text.replace(": `", ": "))) == Counter([*PAGES, *made])
    assert "- [Glossary](glossary.md): What the words in this documentation" in text


def test_the_page_of_each_rule_shows_its_example(made: dict[str, str]) -> None:
    assert '| `"Next": "Notfy"`, where the state is `Notify` | `"Next": "Notify"` |' in made["reference/rules/pf010.md"]
    pages = {name: text for name, text in made.items() if name.startswith("reference/rules/")}
    assert [name for name, text in pages.items() if "\n| wrong | right |\n" not in text] == []


def test_every_page_is_reached_from_the_index() -> None:
    reached, todo = {"index.md"}, ["index.md"]
    while todo:
        page = todo.pop()
        for name in re.findall(r"\]\(([^)#:]+\.md)", PAGES[page]):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), name))
            if target in PAGES and target not in reached:
                reached.add(target)
                todo.append(target)
    assert sorted(PAGES.keys() - reached) == []


def unmarked(text: str) -> list[str]:
    """The command blocks that no test runs and that give no reason."""
    return [found["text"] for found in BLOCK.finditer(MADE.sub("", text)) if not MARK.fullmatch(found["before"])]


# tests/local/test_runbooks.py runs each command of each runbook.
@pytest.mark.parametrize("page", [*(each for each in PAGES if not each.startswith("runbooks/")), "../README.md"])
def test_each_command_block_is_run_or_gives_the_reason(page: str) -> None:
    assert unmarked((DOCS / page).read_text(encoding="utf-8")) == []


def test_each_test_that_a_block_names_exists() -> None:
    named = [found["test"] for text in PAGES.values() for found in MARK.finditer(text) if found["test"]]
    assert named
    assert [each for each in named if not (TOP / each).exists()] == []


def test_a_block_without_a_mark_is_found() -> None:
    text = "\n```sh\nls\n```\n<!-- a test runs this -->\n```sh\npwd\n```\n<!-- not run: x -->\n```console\n$ id\n```\n"
    assert unmarked(text) == ["ls\n", "$ id\n"]


def test_every_diagram_is_drawn() -> None:
    sources = [found for text in PAGES.values() for found in re.findall(r"```mermaid\n(.*?)```", text, re.DOTALL)]
    assert len(sources) > 15
    for source in sources:
        svg = SEQUENCE["sequence"](source)
        assert all(f">{name}</text>" in svg for name in re.findall(r"participant \w+ as (.+)", source))
        assert svg.count('class="head"') == len(re.findall(r"^ *\w+-{1,2}(?:>>|x)\w+:", source, re.MULTILINE))


def test_a_line_that_the_picture_would_lack_is_an_error() -> None:
    with pytest.raises(ValueError, match="opt the bank answers"):
        SEQUENCE["sequence"]("sequenceDiagram\n    participant A as Bank\n    opt the bank answers\n")


def test_a_list_has_four_spaces_for_each_level() -> None:
    text = "1. one\n   more\n\n   ```sh\n   ls\n   ```\n2. two\n\n- a\n  - b\n    c\n\nend\n"
    shown = "1. one\n    more\n\n    ```sh\n    ls\n    ```\n2. two\n\n- a\n    - b\n        c\n\nend\n"
    assert GITHUB["four_spaces"](text) == shown


def test_no_link_of_the_readme_is_relative_on_pypi() -> None:
    text = (TOP / "README.md").read_text(encoding="utf-8")
    shown = PYPI["readme"](text, "https://git.example/payflow/")
    assert re.findall(r"\]\((?!https://)[^)]*\)", shown) == []
    assert "(https://git.example/payflow/blob/main/docs/index.md)" in shown
    assert "](https://git.example/payflow/raw/main/docs/images/demo.svg)" in shown
    assert "](" not in re.sub(r"\]\(https://", "", PYPI["readme"](text, ""))


def test_a_distribution_is_built_from_every_part_that_a_checkout_has(tmp_path: Path) -> None:
    PYPI["copy"](tmp_path, "")
    packages = re.findall(r"^    (payflow_cfn[\w.]*)$", (tmp_path / "setup.cfg").read_text(), re.MULTILINE)
    assert len(packages) > 20
    for name in packages:
        place = {"payflow_cfn._lambdas": "lambdas", "payflow_cfn._templates": "templates"}.get(name)
        assert (tmp_path / (place or f"src/{name.replace('.', '/')}")).is_dir()


def test_the_pictures_load_nothing() -> None:
    for path in (DOCS / "images").glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"(?:url\(|href=|src=)\W*https?:[^)\s]*", text) == [], path.name
        assert "<script" not in text
