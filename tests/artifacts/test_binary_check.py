"""Compiled code for another platform is refused with the file's name and the reason."""

from __future__ import annotations

import pytest

from payflow_cfn.artifacts.binary_check import check_platform
from payflow_cfn.errors import PackageError


def elf(machine: int, *, bits: int = 2, order: int = 1) -> bytes:
    return b"\x7fELF" + bytes([bits, order]) + bytes(12) + machine.to_bytes(2, "little" if order == 1 else "big")


PE = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0"


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("x.cpython-311-darwin.so", b"", "built for darwin"),
        ("pkg/x.so", b"\xcf\xfa\xed\xfe" + bytes(20), "a Mach-O file"),
        ("pkg/x.so", b"\xca\xfe\xba\xbe" + bytes(20), "a Mach-O file"),
        ("x.cpython-311-aarch64-linux-gnu.so", elf(183), "built for aarch64-linux-gnu"),
        ("lib/plain.so", elf(183), "ELF for arm64"),
        ("lib/plain.so", elf(3, bits=1), "ELF for a 32-bit machine"),
        ("lib/plain.so", elf(22, order=2), "ELF for machine 22"),
        ("lib/short.so", b"\x7fELF", "ELF for a 32-bit machine"),
        ("x.cpython-313-x86_64-linux-gnu.so", elf(62), "built for Python 3.13"),
        ("x.cpython-311-x86_64-linux-musl.so", elf(62), "built for x86_64-linux-musl"),
        ("x.pypy311-pp73-x86_64-linux-gnu.so", elf(62), "built for PyPy"),
        ("x.cp311-win_amd64.pyd", PE, "a Windows library"),
        ("tool", PE, "a Windows PE file"),
        ("libz.dylib", b"", "a macOS library"),
        ("z.dll", b"", "a Windows library"),
    ],
)
def test_refused_on_python_311_x86_64(path: str, body: bytes, reason: str) -> None:
    with pytest.raises(PackageError) as caught:
        check_platform({path: body}, runtime="python3.11", architecture="x86_64")
    assert caught.value.data["files"] == [f"{path} ({reason})"]


@pytest.mark.parametrize(
    ("path", "body", "runtime", "architecture"),
    [
        ("x.cpython-311-x86_64-linux-gnu.so", elf(62), "python3.11", "x86_64"),
        ("x.cpython-313-aarch64-linux-gnu.so", elf(183), "python3.13", "arm64"),
        ("x.abi3.so", elf(62), "python3.12", "x86_64"),
        ("lib/libz.so.1", elf(62), "python3.11", "x86_64"),
        ("module.py", b"MZ = 1\n", "python3.11", "x86_64"),
        ("empty", b"", "python3.11", "x86_64"),
    ],
)
def test_accepted(path: str, body: bytes, runtime: str, architecture: str) -> None:
    check_platform({path: body}, runtime=runtime, architecture=architecture)


def test_every_such_file_is_listed_at_once_and_the_remedy_names_the_platform() -> None:
    files = {"b.dylib": b"", "a.dll": b"", "fine.py": b""}
    with pytest.raises(PackageError) as caught:
        check_platform(files, runtime="python3.12", architecture="arm64")
    assert caught.value.data["files"] == ["a.dll (a Windows library)", "b.dylib (a macOS library)"]
    assert "manylinux2014_aarch64 --python-version 3.12" in str(caught.value)
