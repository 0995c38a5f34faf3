"""Reports that are kept: shown again as they were, forgotten when anything they depend on changes."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.lint import cache, report
from payflow_cfn.lint.cache import KEPT, cache_folder, load_report, report_key, store_report
from payflow_cfn.lint.findings import Explanation, Finding, Report

FOUND = Report(
    (Finding("PF001", "error", "root.json", "Resources/A", "é"), Finding("W1", "warning", "a.json", "", "b")),
    {"PF001": Explanation("a", "b"), "W1": Explanation("c", "d", "https://e")},
)
DAY = date(2026, 11, 26)
TEXTS = {"root.json": "{}", "a.json": "[]"}


def key(texts: dict[str, str] = TEXTS, regions: tuple[str, ...] = ("us-east-1",), checker: str = "cfnlint") -> str:
    return report_key(texts, regions=regions, checker=checker, today=DAY)


def test_a_report_comes_back_as_it_was(tmp_path: Path) -> None:
    store_report(str(tmp_path), "k", FOUND)
    assert load_report(str(tmp_path), "k") == FOUND
    assert [each.name for each in tmp_path.iterdir()] == ["k.json"]


def test_nothing_kept_is_nothing_found(tmp_path: Path) -> None:
    assert load_report(str(tmp_path), "k") is None
    assert load_report(str(tmp_path / "missing"), "k") is None


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
    store_report(str(tmp_path), "k", FOUND)
    path = tmp_path / "k.json"
    path.write_bytes(spoil(path.read_bytes()))  # type: ignore[operator]
    assert load_report(str(tmp_path), "k") is None
    store_report(str(tmp_path), "k", FOUND)
    assert load_report(str(tmp_path), "k") == FOUND


def test_what_is_hashed_rightly_but_is_no_report_is_ignored(tmp_path: Path) -> None:
    import hashlib

    for body in (b"[]", b"{}", b'{"findings": [["a"]], "rules": {}}', b'{"findings": [], "rules": []}', b"nul"):
        (tmp_path / "k.json").write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        assert load_report(str(tmp_path), "k") is None


def test_the_key_depends_on_texts_names_regions_and_checker() -> None:
    others = [
        key({**TEXTS, "a.json": "[ ]"}),
        key({"root.json": "{}", "b.json": "[]"}),
        key({"root.json": "{}a.json", "": "[]"}),
        key({"root.json": "{}", "a.json": "[]root.json{}"}),
        key(regions=("eu-west-2",)),
        key(regions=("us-east-1", "eu-west-2")),
        key(checker="cloudformation_validate"),
    ]
    assert len({key(), *others}) == len(others) + 1


def test_names_and_texts_do_not_run_together() -> None:
    assert len({key({"a": "b", "c": "d"}), key({"a": "bcd"}), key({"ab": "cd"})}) == 3


def test_a_report_is_kept_for_its_day_since_a_runtime_may_end_on_the_next() -> None:
    keys = [report_key(TEXTS, regions=("us-east-1",), checker="cfnlint", today=date(2027, 6, day)) for day in (29, 30)]
    assert len(set(keys)) == 2


def test_the_order_of_texts_and_regions_does_not_matter() -> None:
    assert key(dict(reversed(TEXTS.items()))) == key()
    assert key(regions=("b", "a", "b")) == key(regions=("a", "b"))


def test_the_key_depends_on_every_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "rule.py"
    source.write_text("a")
    monkeypatch.setattr(cache, "_sources", lambda: [str(source)])
    before = key()
    source.write_text("b")
    assert len({before, key()}) == 2


@pytest.mark.parametrize("table", ["_CHECKERS", "_READ"])
def test_the_key_depends_on_the_releases_of_the_linter_and_of_what_the_rules_read(
    table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = set()
    for release in ("1.58.0", "1.58.1"):
        place = tmp_path / release / "linter_of_test"
        place.mkdir(parents=True)
        (place / "__init__.py").touch()
        (place / "version.py").write_text(release)
        monkeypatch.setattr(sys, "path", [str(place.parent), *sys.path])
        monkeypatch.setitem(getattr(cache, table), "linter_of_test", "version.py")
        keys.add(key(checker="linter_of_test" if table == "_CHECKERS" else "cfnlint"))
        sys.path_importer_cache.clear()
    assert len(keys) == 2
    assert "" not in keys


def test_the_key_depends_on_the_schemas_that_the_linter_was_told_to_fetch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cfnlint.helpers import get_cache_dir

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    keys = [key()]
    providers = Path(get_cache_dir(), "providers")
    providers.mkdir(parents=True)
    for seconds in (1, 2):
        os.utime(providers, (seconds, seconds))
        keys.append(key())
    assert len(set(keys)) == 3


def test_the_key_depends_on_whether_there_are_docstrings_to_explain_a_rule_with() -> None:
    ask = f"""
from datetime import date
from payflow_cfn.lint.cache import report_key
print(report_key({{}}, regions=("us-east-1",), checker="cfnlint", today=date({DAY.year}, {DAY.month}, {DAY.day})))
"""
    keys = [
        subprocess.run([sys.executable, *how, "-c", ask], capture_output=True, text=True, check=True).stdout
        for how in ([], ["-OO"])
    ]
    assert len({*keys, "\n"}) == 3


def test_without_a_readable_source_there_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_sources", lambda: ["/nonexistent/rule.py"])
    assert key() == ""


def test_every_source_that_the_rules_import_is_in_the_key() -> None:
    code = (
        "import sys, payflow_cfn.lint.rules, payflow_cfn.lint.cfn_lint, payflow_cfn.lint.cloudformation_validate;"
        "print(*sorted(m.__file__ for n, m in sys.modules.items() if n.startswith('payflow_cfn.')), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert set(done.stdout.splitlines()) <= {os.path.abspath(each) for each in cache._sources()}


def test_no_more_than_the_limit_is_kept_and_the_least_asked_for_goes(tmp_path: Path) -> None:
    for number in range(KEPT):
        store_report(str(tmp_path), f"k{number}", FOUND)
        os.utime(tmp_path / f"k{number}.json", (number, number))
    assert load_report(str(tmp_path), "k0")  # asked for, so it is no longer the oldest
    store_report(str(tmp_path), "new", FOUND)
    left = {each.stem for each in tmp_path.iterdir()}
    assert len(left) == KEPT
    assert {"new", "k0", "k2"} <= left
    assert "k1" not in left


def test_too_large_a_report_is_not_kept(tmp_path: Path) -> None:
    store_report(str(tmp_path), "k", Report((Finding("a", "error", "b", "c", "x" * 1_000_001),)))
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store_report(str(tmp_path / "file" / "folder"), "k", FOUND)
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
    store_report(str(tmp_path), key(), FOUND)
    assert report(TemplateSet(TEXTS), cache=str(tmp_path), today=DAY) == FOUND
    monkeypatch.setattr("payflow_cfn.lint.check_afresh", lambda *_: Report(()))
    assert report(TemplateSet(TEXTS)) == Report(())
    assert report(TemplateSet({"root.json": "1"}), cache=str(tmp_path), today=DAY) == Report(())
    assert load_report(str(tmp_path), key({"root.json": "1"})) == Report(())
