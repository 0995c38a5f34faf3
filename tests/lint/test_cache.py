"""Reports that are kept: shown again as they were, forgotten when anything they depend on changes."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.lint import cache, report
from payflow_cfn.lint.cache import KEPT, WHOLE, ReportCache, cache_folder
from payflow_cfn.lint.findings import Explanation, Finding, Report

FOUND = Report(
    (Finding("PF001", "error", "root.json", "Resources/A", "é"), Finding("W1", "warning", "a.json", "", "b")),
    {"PF001": Explanation("a", "b"), "W1": Explanation("c", "d", "https://e")},
)
DAY = date(2026, 11, 26)
TEXTS = {"root.json": "{}", "a.json": "[]"}


def reports(
    folder: Path, *, regions: tuple[str, ...] = ("us-east-1",), checker: str = "cfnlint", today: date = DAY
) -> ReportCache:
    return ReportCache.of(str(folder), regions=regions, checker=checker, today=today)


def keep(folder: Path, texts: dict[str, str] = TEXTS, name: str = WHOLE, **given: Any) -> None:
    reports(folder, **given).store({name: (texts, FOUND)})


def kept(folder: Path, texts: dict[str, str] = TEXTS, name: str = WHOLE, **given: Any) -> Report | None:
    return reports(folder, **given).load(name, texts)


def test_a_report_comes_back_as_it_was(tmp_path: Path) -> None:
    keep(tmp_path)
    assert kept(tmp_path) == FOUND
    assert [each.suffix for each in tmp_path.iterdir()] == [".json"]


def test_nothing_kept_is_nothing_found(tmp_path: Path) -> None:
    assert kept(tmp_path) is None
    assert kept(tmp_path / "missing") is None


def test_without_a_folder_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    nowhere = ReportCache.of("", regions=("us-east-1",), checker="cfnlint")
    nowhere.store({WHOLE: (TEXTS, FOUND)})
    assert nowhere.load(WHOLE, TEXTS) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: b"",
        lambda body: body[:-1],
        lambda body: body.replace(b"warning", b"nothing"),
        lambda body: b"\xff" * 80,
        lambda body: body.partition(b"\n")[2],
    ],
    ids=["empty", "cut", "changed", "noise", "without its hash"],
)
def test_a_broken_entry_is_ignored_and_replaced(tmp_path: Path, spoil: object) -> None:
    keep(tmp_path)
    [path] = tmp_path.iterdir()
    path.write_bytes(spoil(path.read_bytes()))  # type: ignore[operator]
    assert kept(tmp_path) is None
    keep(tmp_path)
    assert kept(tmp_path) == FOUND


def test_what_is_hashed_rightly_but_is_no_report_is_ignored(tmp_path: Path) -> None:
    import hashlib

    keep(tmp_path)
    [path] = tmp_path.iterdir()
    for body in (b"[]", b"{}", b'{"findings": [["a"]], "rules": {}}', b'{"findings": [], "rules": []}', b"nul"):
        path.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        assert kept(tmp_path) is None


@pytest.mark.parametrize(
    "other",
    [
        {"texts": {**TEXTS, "a.json": "[ ]"}},
        {"texts": {"root.json": "{}", "b.json": "[]"}},
        {"texts": {"root.json": "{}a.json", "": "[]"}},
        {"texts": {"root.json": "{}", "a.json": "[]root.json{}"}},
        {"texts": {"root.json": "{}"}},
        {"name": "root.json"},
        {"regions": ("eu-west-2",)},
        {"regions": ("us-east-1", "eu-west-2")},
        {"checker": "cloudformation_validate"},
        {"today": date(2026, 11, 27)},  # a runtime may end on that day
    ],
    ids=str,
)
def test_a_report_is_of_its_texts_names_regions_checker_and_day(tmp_path: Path, other: dict[str, Any]) -> None:
    keep(tmp_path)
    assert kept(tmp_path, **other) is None
    keep(tmp_path, **other)
    assert len(list(tmp_path.iterdir())) == 2


def test_names_and_texts_do_not_run_together(tmp_path: Path) -> None:
    for texts in ({"a": "b", "c": "d"}, {"a": "bcd"}, {"ab": "cd"}):
        keep(tmp_path, texts)
    assert len(list(tmp_path.iterdir())) == 3


def test_the_order_of_texts_and_regions_does_not_matter(tmp_path: Path) -> None:
    keep(tmp_path, regions=("a", "b"))
    assert kept(tmp_path, dict(reversed(TEXTS.items())), regions=("b", "a", "b")) == FOUND


def test_a_report_is_of_every_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "rule.py"
    source.write_text("a")
    monkeypatch.setattr(cache, "sources", lambda: [str(source)])
    before = reports(tmp_path)
    source.write_text("b")
    assert reports(tmp_path) != before


@pytest.mark.parametrize("table", ["CHECKERS", "READ"])
def test_a_report_is_of_the_releases_of_the_linter_and_of_what_the_rules_read(
    table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = set()
    for release in ("1.58.0", "1.58.1"):
        place = tmp_path / release / "linter_of_test"
        place.mkdir(parents=True)
        (place / "__init__.py").touch()
        (place / "version.py").write_text(release)
        monkeypatch.setattr(sys, "path", [str(place.parent), *sys.path])
        monkeypatch.setitem(getattr(cache, table), "linter_of_test", "version.py")
        found.add(reports(tmp_path, checker="linter_of_test" if table == "CHECKERS" else "cfnlint").basis)
        sys.path_importer_cache.clear()
    assert len(found) == 2
    assert "" not in found


def test_a_report_is_of_the_schemas_that_the_linter_was_told_to_fetch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cfnlint.helpers import get_cache_dir

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    found = [reports(tmp_path)]
    providers = Path(get_cache_dir(), "providers")
    providers.mkdir(parents=True)
    for seconds in (1, 2):
        os.utime(providers, (seconds, seconds))
        found.append(reports(tmp_path))
    assert len(set(found)) == 3


def test_a_report_is_of_a_python_with_docstrings_to_explain_a_rule_with_or_without() -> None:
    ask = f"""
from datetime import date
from payflow_cfn.lint.cache import ReportCache
today = date({DAY.year}, {DAY.month}, {DAY.day})
print(ReportCache.of("x", regions=("us-east-1",), checker="cfnlint", today=today).basis)
"""
    found = [
        subprocess.run([sys.executable, *how, "-c", ask], capture_output=True, text=True, check=True).stdout
        for how in ([], ["-OO"])
    ]
    assert len({*found, "\n"}) == 3


def test_without_a_readable_source_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "sources", lambda: ["/nonexistent/rule.py"])
    keep(tmp_path)
    assert kept(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_report_is_of_every_source_that_the_rules_import() -> None:
    code = (
        "import sys, payflow_cfn.lint.rules, payflow_cfn.lint.cfn_lint, payflow_cfn.lint.cloudformation_validate;"
        "print(*sorted(m.__file__ for n, m in sys.modules.items() if n.startswith('payflow_cfn.')), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert set(done.stdout.splitlines()) <= {os.path.abspath(each) for each in cache.sources()}


def test_no_more_than_the_limit_is_kept_and_the_least_asked_for_goes(tmp_path: Path) -> None:
    reports(tmp_path).store({f"{number}.json": (TEXTS, FOUND) for number in range(KEPT)})
    for path in tmp_path.iterdir():
        os.utime(path, (9, 9))
    assert kept(tmp_path, name="0.json")  # asked for, so it is no longer among the oldest
    reports(tmp_path).store({"new": (TEXTS, FOUND), "newer": (TEXTS, FOUND)})
    assert len(list(tmp_path.iterdir())) == KEPT
    assert kept(tmp_path, name="0.json")
    assert kept(tmp_path, name="new")


def test_too_large_a_report_is_not_kept(tmp_path: Path) -> None:
    large = Report((Finding("a", "error", "b", "c", "x" * 1_000_001),))
    reports(tmp_path).store({"large.json": (TEXTS, large), "small.json": (TEXTS, FOUND)})
    assert (kept(tmp_path, name="large.json"), kept(tmp_path, name="small.json")) == (None, FOUND)


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    keep(tmp_path / "file" / "folder")
    assert (tmp_path / "file").is_file()


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/payflow_cfn/lint"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/payflow_cfn/lint"),
        ({"HOME": "/h"}, "/h/.cache/payflow_cfn/lint"),
        ({"HOME": ""}, ""),
        ({}, ""),
    ],
)
def test_the_folder_is_the_users(environment: dict[str, str], folder: str) -> None:
    assert cache_folder(environment) == folder


def test_a_kept_report_stands_in_for_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path)
    assert report(TemplateSet(TEXTS), cache=str(tmp_path), today=DAY) == FOUND
    monkeypatch.setattr("payflow_cfn.lint.make_report", lambda *_: Report(()))
    assert report(TemplateSet(TEXTS)) == Report(())
    assert report(TemplateSet({"root.json": "1"}), cache=str(tmp_path), today=DAY) == Report(())
    assert kept(tmp_path, {"root.json": "1"}) == Report(())
