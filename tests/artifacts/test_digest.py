"""An artifact's identity: everything that goes into it, and nothing else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow_cfn.artifacts.dependencies import CORE, Pin
from payflow_cfn.artifacts.digest import artifact_identity

SOURCES = {"validation/handler.py": b"from payments import rules\n", "payments/rules.py": b""}

# Few letters, so that one path is often the beginning of another.
names = ("a.py", "a.txt", "ab.py", "ab.txt", "b.py")
paths = st.sampled_from([f"{folder}{name}" for folder in ("", "a/", "a/b/", "ab/") for name in names])
contents = st.dictionaries(paths, st.binary(max_size=200), max_size=8)


@given(contents, st.randoms())
def test_the_order_of_the_sources_does_not_matter(files: dict[str, bytes], random: object) -> None:
    shuffled = list(files.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert artifact_identity("validation", dict(shuffled)) == artifact_identity("validation", files)


@given(contents, paths, st.binary(max_size=20))
def test_every_change_of_a_source_changes_the_identity(files: dict[str, bytes], path: str, body: bytes) -> None:
    changed = {**files, path: body}
    assert (artifact_identity("validation", changed) == artifact_identity("validation", files)) == (changed == files)


@pytest.mark.parametrize(
    "other",
    [
        {"name": "processing"},
        {"runtime": "python3.12"},
        {"architecture": "arm64"},
        {"pins": CORE[:-1]},
        {"pins": (*CORE[:-1], Pin(CORE[-1].name, CORE[-1].version, "0" * 64, "MIT"))},
    ],
)
def test_the_identity_covers(other: dict[str, object]) -> None:
    arguments = {"name": "validation", "sources": SOURCES, **other}
    assert artifact_identity(**arguments) != artifact_identity("validation", SOURCES)  # type: ignore[arg-type]


def test_two_sources_cannot_be_shifted_into_each_other() -> None:
    assert artifact_identity("validation", {"a.py": b"1", "b.py": b"2"}) != artifact_identity(
        "validation", {"a.py": b"2", "b.py": b"1"}
    )


def test_identities_of_released_sources_stay() -> None:
    """A change here means a new Lambda version in every account at the next deploy: raise the format on purpose."""
    pins = (Pin("thing", "1.0", "ab" * 32, "MIT"),)
    found = artifact_identity("validation", {"validation/handler.py": b"x = 1\n"}, pins=pins)
    text = (
        f"payflow artifact 1\nvalidation python3.11 x86_64\nthing 1.0 {'ab' * 32}\n"
        f"validation/handler.py\0{hashlib.sha256(b'x = 1' + bytes([10])).hexdigest()}\n"
    )
    assert found == hashlib.sha256(text.encode()).hexdigest()
