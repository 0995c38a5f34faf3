"""Extensions by their names: found, called, and every fault one line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from payflow_cfn.config import extensions
from payflow_cfn.config.extensions import call_extension, load_extensions
from payflow_cfn.errors import ExtensionError


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    known = set(sys.modules)
    yield
    for each in set(sys.modules) - known:
        del sys.modules[each]


def load(folder: Path, text: str, name: str = "team:change") -> extensions.Extension:
    (folder / "team.py").write_text(text)
    (found,) = load_extensions([name], str(folder))
    return found


def test_an_extension_gets_the_value_and_returns_it(tmp_path: Path) -> None:
    found = load(tmp_path, "def change(value):\n    return value + [1]\n")
    assert call_extension(found, [0]) == [0, 1]


def test_the_digest_is_that_of_the_source(tmp_path: Path) -> None:
    one = load(tmp_path, "def change(value): return value\n").digest
    (tmp_path / "other").mkdir()
    assert load(tmp_path / "other", "def change(value): return value\n").digest == one
    (tmp_path / "third").mkdir()
    assert load(tmp_path / "third", "def change(value): return value  #\n").digest != one


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def chang(value): return value\n", "team has no function change: did you mean 'chang'?"),
        ("def change(value): return None\n", "returned NoneType, not the set: end the function with `return payments`"),
        ("def change(value):\n    return value[5]\n", "(team.py, line 2): IndexError: list index out of range"),
        ("def change(value):\n    raise SystemExit(3)\n", "(team.py, line 2): SystemExit: 3"),
        ("def change(value):\n    return change(value)\n", "(team.py, line 2): RecursionError"),
        ("def change(value:\n", "(team.py, line 1): SyntaxError"),
        ("import nowhere_at_all\n", "(team.py, line 1): ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("from payflow_cfn.extensions import add_miracle\n", "(team.py, line 1): ImportError: cannot import name"),
        (
            "import urllib.request\ndef change(value):\n    urllib.request.urlopen('http://127.0.0.1:9/')\n",
            "(team.py, line 3): it uses the network: read files",
        ),
        ("import socket\nsocket.create_connection(('127.0.0.1', 9))\n", "(team.py, line 2): it uses the network"),
    ],
)
def test_a_fault_is_one_line_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ExtensionError) as failure:
        call_extension(load(tmp_path, text), [0])
    assert says in str(failure.value)
    assert "team:change" in str(failure.value)
    assert "\n" not in str(failure.value)


def test_a_loop_without_an_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extensions, "MOST_SECONDS", 0.05)
    found = load(tmp_path, "def change(value):\n    while True:\n        pass\n")
    with pytest.raises(ExtensionError, match=r"team.py, line \d\): it runs for more than"):
        call_extension(found, [0])


def test_a_module_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "payments_team.py").write_text("")
    with pytest.raises(ExtensionError, match=r"there is no module payment_team .* did you mean 'payments_team'"):
        load_extensions(["payment_team:change"], str(tmp_path))


def test_two_folders_with_modules_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name, value in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        found = load(tmp_path / name, f"def change(value): return [{value}]\n")
        assert call_extension(found, [0]) == [value]
