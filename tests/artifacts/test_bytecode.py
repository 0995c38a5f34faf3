"""The bytecode in the artifacts: used by Python, never checked against the source, the same from every process."""

from __future__ import annotations

import importlib
import marshal
import subprocess
import sys
from pathlib import Path

from payflow_cfn.artifacts import bytecode
from payflow_cfn.artifacts.bytecode import builds_bytecode_for, with_bytecode

SOURCE = b"import os\nNAMES = frozenset({'b', 'a', 'c'})\ndef text():\n    return 'from the ' + 'bytecode'\n"


def test_only_the_runtime_of_this_python_gets_bytecode() -> None:
    mine = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    assert builds_bytecode_for(mine)
    assert not builds_bytecode_for("python3.9")


def test_the_bytecode_lies_where_python_looks() -> None:
    tag = sys.implementation.cache_tag
    found = with_bytecode({"a/b.py": b"", "c.py": b"", "d.txt": b""})
    assert sorted(found) == sorted(
        ["a/b.py", f"a/__pycache__/b.{tag}.pyc", "c.py", f"__pycache__/c.{tag}.pyc", "d.txt"]
    )


def test_python_loads_the_bytecode_and_does_not_look_at_the_source(tmp_path: Path) -> None:
    for path, body in with_bytecode({"thing.py": SOURCE}).items():
        target = tmp_path / path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(body if path.endswith(".pyc") else b"raise RuntimeError('compiled from source')\n")
    code = "import thing; print(thing.text())"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "from the bytecode\n"


def test_a_traceback_in_lambda_names_the_file_where_it_lies_there() -> None:
    (compiled,) = (body for path, body in with_bytecode({"payments/money.py": SOURCE}).items() if path.endswith(".pyc"))
    assert marshal.loads(compiled[16:]).co_filename == "/var/task/payments/money.py"


def test_texts_that_other_code_interned_change_no_byte() -> None:
    program = (
        "import sys\n"
        "if sys.argv[1:]: kept = [sys.intern(each) for each in ('', '}', '\\n', '\\xe4', 'two words')]\n"
        "from payflow_cfn.artifacts.bytecode import with_bytecode\n"
        "sys.stdout.buffer.write(with_bytecode({'m.py': sys.stdin.buffer.read()})['__pycache__/m.cpython-%d%d.pyc'"
        " % sys.version_info[:2]])\n"
    )
    source = "def text():\n    return ['', '}', '\\n', '\xe4', 'two words', '}']\n".encode()
    path = {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    plain, interned = (
        subprocess.run([sys.executable, "-c", program, *given], input=source, capture_output=True, check=True, env=path)
        for given in ([], ["intern"])
    )
    assert plain.stdout == interned.stdout


def test_another_process_with_other_modules_and_another_hash_seed_compiles_the_same_bytes() -> None:
    program = (
        "import sys, hashlib\n"
        "[__import__(each) for each in sys.argv[1:]]\n"
        "from payflow_cfn.artifacts.bytecode import with_bytecode\n"
        "found = with_bytecode({'m.py': sys.stdin.buffer.read()})\n"
        "print(hashlib.sha256(b''.join(found[each] for each in sorted(found))).hexdigest())\n"
    )
    source = Path(__file__).read_bytes() + SOURCE.replace(b"import os\n", b"import os, argparse, json\n")
    digests = set()
    for seed, modules in (("0", []), ("1", ["argparse", "json", "unittest"]), ("2", ["email.message"])):
        done = subprocess.run(
            [sys.executable, "-c", program, *modules],
            input=source,
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        )
        digests.add(done.stdout)
    assert len(digests) == 1


def test_what_else_the_process_holds_leaves_no_trace_in_the_bytecode() -> None:
    source = b"a_name_that_%s_uses = 1\n" % b"nothing_else"  # put together, or this module would hold the name as well
    first = with_bytecode({"m.py": source})
    held = sys.intern(source.decode().partition(" ")[0])
    afresh = importlib.reload(bytecode)  # which remembers nothing of what was compiled
    assert afresh.with_bytecode({"m.py": source}) == first
    assert held in source.decode()
