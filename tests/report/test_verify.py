"""Test that verify notices each changed byte, and tells what differs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow_cfn.errors import FilesError
from payflow_cfn.report import Request, Subject, differences, recorded_request, report_page


def test_the_page_itself_agrees(page: str) -> None:
    assert differences(page.encode(), page) == []


def test_the_request_is_read_back(page: str, subject: Subject) -> None:
    assert recorded_request(page.encode(), name="a.html") == subject.request


@given(st.data())
@pytest.mark.slow
def test_one_changed_byte_is_a_difference(page: str, data: st.DataObject) -> None:
    body = bytearray(page.encode())
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    try:
        request = recorded_request(bytes(body), name="a.html")
    except FilesError:
        return
    # The page of another request differs; the test below shows it.
    assert request != Request("prod", "./old", 2000) or differences(bytes(body), page)


@pytest.mark.slow
def test_a_changed_request_gives_another_page(subject: Subject, page: str) -> None:
    changed = page.replace("&quot;payments_per_day&quot;: 2000", "&quot;payments_per_day&quot;: 2001").encode()
    request = recorded_request(changed, name="a.html")
    assert request.payments_per_day == 2001
    found = differences(changed, report_page(subject._replace(request=request)))
    assert any(each.startswith("cost: ") for each in found)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (
            "dynamodb:PutItem",
            "dynamodb:GetItem",
            "access: the report has 'ValidationRole to TransactionsTable: dynamodb:GetItem', the templates",
        ),
        ("kept", "gone", "resources: the report has 'gone', the templates 'kept'"),
        ("</html>\n", "</html>", "cost: the report leaves out ''"),
        ('class="good"', 'class="bad"', 'class="bad"'),
    ],
)
def test_what_differs_is_told_with_its_part(page: str, old: str, new: str, wanted: str) -> None:
    (found,) = differences(page.replace(old, new, 1).encode(), page)[:1]
    assert wanted in found


def test_a_table_that_is_gone_moved_or_added_is_a_line_each(page: str) -> None:
    start = page.index('<div class="scroll"', page.index('<section id="resources"'))
    end = page.index('<div class="scroll"', start + 1)
    table, lines = page[start:end], page[start:end].count("\n")
    without = page[:start] + page[end:]
    (gone,) = differences(without.encode(), page)
    assert gone.startswith("resources: the report leaves out 'encryption.json: ")
    assert gone.endswith(f"...' ({lines} lines)")
    assert len(gone) < 300
    (more,) = differences(page.encode(), without)
    assert more == gone.replace("leaves out", "adds")
    further = page.index('<div class="scroll"', end + 1)
    moved = differences((page[:start] + page[end:further] + table + page[further:]).encode(), page)
    assert len(moved) == 2
    first, second = (re.sub("[0-9]+ lines", "", each) for each in moved)
    assert ("adds" in first, "leaves out" in second) in {(True, True), (False, False)}


def test_bytes_that_are_no_text_are_told(page: str) -> None:
    body = page.encode().replace(b"kept", b"\xff", 1)
    assert differences(body, page) == [r"resources: the report has '\\xff', the templates 'kept'"]
    same = page.replace("kept", r"\xff", 1)
    assert differences(same.encode().replace(rb"\xff", b"\xff", 1), same) == [
        "the bytes of the file are not those of a report"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<p>",
        '<meta name="payflow-report" content="{">',
        '<meta name="payflow-report" content="{&quot;environment&quot;: &quot;&quot;}">',
        *(
            f'<meta name="payflow-report" content="{{&quot;environment&quot;: {environment}, &quot;against&quot;: '
            f'{against}, &quot;payments_per_day&quot;: {payments}}}">'
            for environment, against, payments in [
                ("&quot;../x&quot;", "&quot;&quot;", "1"),
                ("1", "&quot;&quot;", "1"),
                ("&quot;&quot;", "1", "1"),
                ("&quot;&quot;", "&quot;&quot;", "0"),
                ("&quot;&quot;", "&quot;&quot;", "true"),
                ("&quot;&quot;", "&quot;&quot;", "1e99"),
            ]
        ),
    ],
)
def test_a_file_that_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(FilesError, match=r"a\.html .*: name a file that `payflow report` wrote"):
        recorded_request(text.encode(), name="a.html")
