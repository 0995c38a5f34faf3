"""Refuse compiled code in an artifact that its Lambda runtime cannot load."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from payflow_cfn.errors import PackageError

_MACHINES = {62: "x86_64", 183: "arm64"}
_ARCHITECTURES = {"x86_64": "x86_64", "arm64": "aarch64"}
_MACH_O = (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")

# The tags that importlib.machinery.EXTENSION_SUFFIXES has on the systems in question, such as .cpython-311-darwin.so
_TAG = re.compile(r"\.(cpython|pypy|cp)-?(\d+)t?[a-z]*(?:-([A-Za-z0-9_-]+))?\.(?:so|pyd)\Z")


def check_platform(files: Mapping[str, bytes], *, runtime: str, architecture: str) -> None:
    """Refuse compiled files that `runtime` (such as `python3.11`) on `architecture` (x86_64, arm64) cannot load.

    Raises a PackageError that lists every such file with its reason. Lambda runs Linux with glibc
    (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html).
    """
    faults = [
        f"{path} ({fault})"
        for path in sorted(files)
        for fault in _faults(path, files[path], runtime=runtime, architecture=architecture)
    ]
    if faults:
        raise PackageError(
            f"compiled files for another platform than {runtime} on {architecture} Linux: {', '.join(faults)}",
            remedy="install the dependency for Lambda: pip install --only-binary=:all: --platform manylinux2014_"
            f"{_ARCHITECTURES[architecture]} --python-version {runtime.removeprefix('python')} --target FOLDER",
            files=faults,
        )


def _faults(path: str, body: bytes, *, runtime: str, architecture: str) -> Iterator[str]:
    named = _fault_in_name(path, runtime=runtime, architecture=architecture)
    inside = _fault_in_bytes(body, architecture=architecture)
    if named or inside:
        yield named or inside


def _fault_in_name(path: str, *, runtime: str, architecture: str) -> str:
    if path.endswith((".dll", ".pyd")):
        return "a Windows library"
    if path.endswith(".dylib"):
        return "a macOS library"
    tag = _TAG.search(path)
    return _fault_in_tag(tag, runtime=runtime, architecture=architecture) if tag else ""


def _fault_in_tag(tag: re.Match[str], *, runtime: str, architecture: str) -> str:
    kind, version, platform = tag.group(1), tag.group(2), tag.group(3) or ""
    if kind == "pypy":
        return "built for PyPy"
    if version != runtime.removeprefix("python").replace(".", ""):
        return f"built for Python {version[0]}.{version[1:]}"
    if platform and platform not in (f"{_ARCHITECTURES[architecture]}-linux-gnu", "linux-gnu"):
        return f"built for {platform}"
    return ""


def _fault_in_bytes(body: bytes, *, architecture: str) -> str:
    if body.startswith(_MACH_O):
        return "a Mach-O file"
    if body.startswith(b"MZ") and body[int.from_bytes(body[60:64], "little") :].startswith(b"PE\0\0"):
        return "a Windows PE file"
    if not body.startswith(b"\x7fELF"):
        return ""
    machine = int.from_bytes(body[18:20], "big" if body[5:6] == b"\x02" else "little")
    found = _MACHINES.get(machine, f"machine {machine}") if body[4:5] == b"\x02" else "a 32-bit machine"
    return "" if found == architecture else f"ELF for {found}"
