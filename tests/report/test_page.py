"""Test the page: its parts, its markup, its links, that it loads nothing, and that a template adds no markup."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise, product

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.errors import CheckError
from payflow_cfn.report import Request, Subject, report_page, subject_of

PARTS = ["overview", "resources", "workflow", "access", "alarms", "interface", "changes", "cost"]
VOID = {"meta", "br"}


class Page(HTMLParser):
    """The elements of a page with their attributes; `texts` is the text of each element of a kind."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.wrong: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(text)
        self.close()
        self.wrong += [name for name, _ in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append((tag, []))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            self.wrong.append(f"/{tag}")
            return
        _, parts = self._open.pop()
        self.texts.append((tag, "".join(parts)))
        if self._open:
            self._open[-1][1].append("".join(parts))

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1][1].append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [found for name, found in self.elements if name == tag]

    def cells(self) -> list[str]:
        return [text for tag, text in self.texts if tag in ("td", "th")]


@pytest.fixture(scope="module")
def parsed(page: str) -> Page:
    return Page(page)


@pytest.mark.slow
def test_every_element_is_closed_where_it_was_opened(parsed: Page) -> None:
    assert parsed.wrong == []


def test_the_parts_are_there_once_and_in_the_navigation(parsed: Page) -> None:
    assert [each["id"] for each in parsed.all("section")] == PARTS
    assert [each["href"] for each in parsed.all("a")][1 : len(PARTS) + 1] == [f"#{name}" for name in PARTS]


def test_each_link_inside_leads_to_one_element(parsed: Page) -> None:
    known = [found["id"] for _, found in parsed.elements if "id" in found]
    assert len(known) == len(set(known))
    inside = [str(each["href"])[1:] for each in parsed.all("a") if str(each["href"]).startswith("#")]
    named = [str(found[key]) for _, found in parsed.elements for key in ("aria-labelledby",) if key in found]
    heads = [each.split("#")[1].rstrip(")") for _, found in parsed.elements if (each := found.get("marker-end"))]
    assert set(inside) | set(named) | set(heads) <= set(known)


def test_nothing_is_loaded_and_nothing_runs(page: str, parsed: Page) -> None:
    assert {name for name, _ in parsed.elements}.isdisjoint({"script", "link", "img", "iframe", "object", "base"})
    loading = [key for _, found in parsed.elements for key in found if key in ("src", "srcset", "style", "data")]
    assert loading == [key for _, found in parsed.elements for key in found if key.startswith("on")] == []
    assert re.findall(r"@import|url\((?!#)", page) == []


def test_the_policy_allows_the_style_of_the_page_and_nothing_else(page: str, parsed: Page) -> None:
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    (policy,) = [str(each["content"]) for each in parsed.all("meta") if "http-equiv" in each]
    assert policy.split("; ")[:2] == ["default-src 'none'", f"style-src 'sha256-{digest}'"]


def test_a_screen_reader_finds_its_way(parsed: Page) -> None:
    names = [name for name, _ in parsed.elements]
    assert parsed.all("html")[0]["lang"] == "en"
    assert [names.count(each) for each in ("header", "nav", "main", "footer", "h1")] == [1, 1, 1, 1, 1]
    assert names.count("table") == names.count("caption") == names.count("thead")
    assert all(each.get("scope") in ("col", "row") for each in parsed.all("th"))
    pictures = parsed.all("svg")
    assert len(pictures) == 3
    assert all(each["role"] == "img" and each["aria-labelledby"] for each in pictures)
    assert all(each.get("aria-label") and each.get("tabindex") == "0" for each in parsed.all("div") if "role" in each)


def test_headings_skip_no_level(parsed: Page) -> None:
    levels = [int(name[1]) for name, _ in parsed.elements if re.fullmatch(r"h\d", name)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_resource_state_parameter_output_and_alarm_is_told(subject: Subject, parsed: Page) -> None:
    cells = set(parsed.cells())
    root = subject.decided.templates["root"]
    resources = {logical for _, logical, _ in subject.decided.resources()}
    alarms = {str(each["AlarmName"]) for _, _, each in subject.resources("AWS::CloudWatch::Alarm")}
    assert len(alarms) > 10
    for wanted in (resources, set(subject.machine["States"]), set(root["Parameters"]), set(root["Outputs"]), alarms):
        assert wanted <= cells


def test_a_value_that_is_given_stands_beside_its_parameter(page: str) -> None:
    assert re.search(r"ErrorsThreshold</code></th>\n<td><code>7</code></td>", page)
    assert re.search(r"FailuresThreshold</code></th>\n<td><code>2</code> \(default\)</td>", page)


def test_the_difference_is_that_of_diff(page: str) -> None:
    assert "From ./old to this set:" in page
    assert "TracingConfig" in page.partition('<section id="changes"')[2].partition("</section>")[0]


@pytest.mark.slow
def test_the_same_set_gives_the_same_bytes(subject: Subject, page: str) -> None:
    assert report_page(subject) == page


@pytest.mark.slow
@pytest.mark.parametrize(
    "wanted", ["</td><script>alert(1)</script>", "\"'><img src=x onerror=1>", "a\u202eb\x00c&amp;"]
)
def test_a_template_adds_no_markup(templates: TemplateSet, wanted: str) -> None:
    root = templates.templates["root.json"]
    edited = root.replace('"Description": "Failed executions', f'"Description": {json.dumps(wanted)}, "Old": "', 1)
    assert edited != root
    given = replace(templates, templates={**templates.templates, "root.json": edited}, manifest="")
    parsed = Page(report_page(subject_of(given, Request())))
    assert parsed.wrong == []
    assert {name for name, _ in parsed.elements}.isdisjoint({"script", "img"})
    visible = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in wanted)
    assert visible in parsed.cells()


@pytest.mark.slow
def test_a_hidden_parameter_is_not_told(templates: TemplateSet) -> None:
    root = templates.templates["root.json"].replace(
        '"NotificationEmail": {', '"NotificationEmail": {"NoEcho": true,', 1
    )
    given = replace(templates, templates={**templates.templates, "root.json": root}, manifest="")
    text = report_page(subject_of(given, Request(), values={"NotificationEmail": "secret@example.com"}))
    assert "NotificationEmail" in text.partition('id="interface"')[2]
    assert "secret@example.com" not in text


@pytest.mark.slow
def test_a_permission_without_a_need_is_told(templates: TemplateSet) -> None:
    functions = templates.templates["functions.json"].replace('"dynamodb:PutItem"', '"dynamodb:DeleteTable"')
    given = replace(templates, templates={**templates.templates, "functions.json": functions}, manifest="")
    text = report_page(subject_of(given, Request()))
    assert "no reason is known" in text
    assert "2 permissions differ from what payflow needs" in text


def test_an_unknown_parameter_is_refused(templates: TemplateSet) -> None:
    with pytest.raises(CheckError, match="no parameter Wrong: correct"):
        subject_of(templates, Request(), values={"Wrong": "1"})


@pytest.mark.parametrize(
    "alone",
    [
        '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}',
        '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Condition": "A"}}, "Conditions": {"A": {"Fn::No": 1}}}',
    ],
)
def test_another_set_than_ours_is_refused(alone: str) -> None:
    with pytest.raises(CheckError, match="cannot be reported on"):
        report_page(subject_of(TemplateSet({"root.json": alone}), Request()))


def _themes(page: str) -> dict[str, dict[str, str]]:
    found = re.findall(r":root\{[^}]*\}", page)
    return dict(
        zip(("light", "dark"), (dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", each)) for each in found), strict=True)
    )


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_and_lines_can_be_told_from_their_ground(page: str, theme: str) -> None:
    colours = _themes(page)[theme]
    texts = [(text, ground) for text, ground in product(("text", "quiet", "accent", "good", "bad"), ("page", "raised"))]
    assert {pair: _contrast(*(colours[each] for each in pair)) for pair in [*texts, ("text", "box")]
            if _contrast(*(colours[each] for each in pair)) < 4.5} == {}  # fmt: skip
    lines = [("edge", "raised"), ("accent", "box"), ("bad", "raised"), ("good", "page")]
    assert [pair for pair in lines if _contrast(*(colours[each] for each in pair)) < 3] == []
