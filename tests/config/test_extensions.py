"""Extensions by their names: found, called, and every fault one line."""

from __future__ import annotations

import socket
import sys
import threading
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


class Beside:
    """A thread of the program that renders: it connects while the extension runs."""

    def __init__(self) -> None:
        self.asked, self.answered, self.error = threading.Event(), threading.Event(), ""

    def connect(self) -> None:
        self.asked.wait()
        try:
            socket.create_connection(("127.0.0.1", 9))
        except Exception as error:
            self.error = type(error).__name__
        finally:
            self.answered.set()


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
        (
            "from payflow_cfn.extensions import add_miracle\n",
            "ImportError: cannot import name 'add_miracle' from 'payflow_cfn.extensions': this is payflow_cfn 1",
        ),
        ("import payflow_cfn.miracles\n", "No module named 'payflow_cfn.miracles': this is payflow_cfn 1"),
        ("def change(value):\n    raise ImportError\n", "(team.py, line 2): ImportError"),
        (
            "def change(value):\n    raise ValueError('one\\n\\x1b[31mtwo')\n",
            "(team.py, line 2): ValueError: one [31mtwo",
        ),
        (
            "from payflow_cfn.errors import ExtensionError\n"
            "def change(value):\n    raise ExtensionError('one\\ntwo', remedy='three\\nfour')\n",
            "(team.py, line 3): one two: three four",
        ),
        (
            "import urllib.request\ndef change(value):\n    urllib.request.urlopen('http://127.0.0.1:9/')\n",
            "(team.py, line 3): it uses the network: read files",
        ),
        ("import socket\nsocket.create_connection(('127.0.0.1', 9))\n", "(team.py, line 2): it uses the network"),
        ("import os\ndef change(value):\n    os.fork()\n", "(team.py, line 3): it starts a process: read files"),
        ("import os\nos.system('true')\n", "(team.py, line 2): it starts a process"),
        ("import subprocess\nsubprocess.run(['true'])\n", "(team.py, line 2): it starts a process"),
        (
            "from multiprocessing import Process\ndef change(value):\n    Process(target=print).start()\n",
            "(team.py, line 3): it starts a process",
        ),
        (
            "import threading\ndef change(value):\n    threading.Thread(target=print).start()\n",
            "(team.py, line 3): it starts a thread",
        ),
    ],
)
def test_a_fault_is_one_line_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ExtensionError) as failure:
        call_extension(load(tmp_path, text), [0])
    assert says in str(failure.value)
    assert "team:change" in str(failure.value)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def change(value):\n    while True:\n        pass\n", "it runs for more than"),
        (
            "def change(value):\n    while True:\n        try:\n            sum(range(99))\n        except Exception:\n"
            "            pass\n",
            "it runs for more than",
        ),
        ("import time\ndef change(value):\n    time.sleep(3600)\n", "it has waited for more than"),
        ("import threading\ndef change(value):\n    threading.Event().wait()\n", "it has waited for more than"),
    ],
)
def test_what_does_not_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, says: str) -> None:
    monkeypatch.setattr(extensions, "MOST_SECONDS", 0.4)
    found = load(tmp_path, text)
    with pytest.raises(ExtensionError, match=rf"team.py, line \d\): {says} 0.4 s: look for a loop"):
        call_extension(found, [0])


def test_a_thread_beside_an_extension_may_use_the_network(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        "def change(value):\n    value.asked.set()\n    value.answered.wait()\n    return value\n",
    )
    beside = Beside()
    other = threading.Thread(target=beside.connect)
    other.start()
    call_extension(found, beside)
    other.join()
    assert beside.error == "ConnectionRefusedError"


def test_a_module_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "payments_team.py").write_text("")
    with pytest.raises(ExtensionError, match=r"there is no module payment_team .* did you mean 'payments_team'"):
        load_extensions(["payment_team:change"], str(tmp_path))


def test_two_folders_with_modules_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name, value in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        found = load(tmp_path / name, f"def change(value): return [{value}]\n")
        assert call_extension(found, [0]) == [value]
