"""Reads are bounded and never follow a link; writes are whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from payflow_cfn.disk import (
    as_text,
    read_bytes,
    read_inside,
    read_templates,
    regular_files,
    remove_files,
    write_files,
)
from payflow_cfn.errors import FilesError


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_bytes(str(tmp_path / "a"), limit=5) == b"12345"
    with pytest.raises(FilesError, match="has 5 bytes, at most 4 are read"):
        read_bytes(str(tmp_path / "a"), limit=4)


def test_a_huge_sparse_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    with (tmp_path / "big").open("wb") as file:
        file.truncate(10**11)
    with pytest.raises(FilesError, match="has 100000000000 bytes"):
        read_bytes(str(tmp_path / "big"), limit=1_000_000)


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(FilesError, match=f"{name} is not a regular file"):
            read_bytes(str(tmp_path / name), limit=100)
    with pytest.raises(FilesError, match="cannot read"):
        read_bytes(str(tmp_path), limit=100)
    with pytest.raises(FilesError, match=r"cannot read .*missing: No such file or directory"):
        read_bytes(str(tmp_path / "missing"), limit=100)


def test_a_link_on_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.json").write_bytes(b"{}")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "inner").symlink_to(tmp_path / "outside")
    with pytest.raises(FilesError, match="is a symbolic link or lies behind one"):
        read_inside(str(tmp_path / "set"), "inner/a.json", limit=100)


def test_text_that_is_not_utf8_is_refused_with_its_offset() -> None:
    assert as_text("a.json", "ü".encode()) == "ü"
    with pytest.raises(FilesError, match=r"a\.json is not UTF-8 text \(byte 2\)"):
        as_text("a.json", b"ok\xff")


def test_a_byte_order_mark_is_not_part_of_the_text() -> None:
    assert as_text("a.json", b"\xef\xbb\xbf{}\r\n") == "{}\r\n"


def test_the_templates_of_a_folder_are_its_own_json_files(tmp_path: Path) -> None:
    for name in ("b.json", "a.json", "manifest.json", ".hidden.json", "c.txt", "artifacts/d.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "notes").symlink_to("/nowhere")
    assert read_templates(tmp_path) == {name: name for name in ("a.json", "b.json", "manifest.json")}


def test_a_template_is_a_regular_file_of_utf8_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff{}")
    with pytest.raises(FilesError, match=r"a\.json is not UTF-8 text \(byte 0\)"):
        read_templates(tmp_path)
    (tmp_path / "a.json").unlink()
    (tmp_path / "a.json").symlink_to(__file__)
    with pytest.raises(FilesError, match=r"a\.json is not a regular file"):
        read_templates(tmp_path)


def test_a_folder_is_listed_sorted_without_what_tools_leave_behind(tmp_path: Path) -> None:
    left = (
        ".git/x",
        "__pycache__/a.pyc",
        "a.py~",
        "#a.py#",
        ".a.py.swp",
        "b.pyc",
        "a.py.orig",
        "a.py.rej",
        ".DS_Store",
    )
    for name in ("b/c.py", "a.py", "b.py", *left):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert list(regular_files(str(tmp_path))) == [("a.py", 1), ("b.py", 1), ("b/c.py", 1)]


@pytest.mark.parametrize("kind", ["file link", "folder link", "dangling link", "pipe"])
def test_an_odd_entry_in_a_folder_is_refused(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "odd"
    if kind == "pipe":
        os.mkfifo(target)
    else:
        target.symlink_to({"file link": __file__, "folder link": "/tmp", "dangling link": "/nowhere"}[kind])
    with pytest.raises(FilesError, match=r"odd is (a symbolic link|not a regular file)"):
        list(regular_files(str(tmp_path)))


def test_files_are_written_with_the_folders_they_need(tmp_path: Path) -> None:
    folder = str(tmp_path / "new" / "set")
    assert write_files(folder, {"a.json": b"1", "below/b.zip": b"2"}) == ("a.json", "below/b.zip")
    assert list(regular_files(folder)) == [("a.json", 1), ("below/b.zip", 1)]


def test_a_file_that_holds_the_bytes_already_is_left_alone(tmp_path: Path) -> None:
    write_files(str(tmp_path), {"a": b"1", "b": b"2"})
    os.utime(tmp_path / "a", (1, 1))
    assert write_files(str(tmp_path), {"a": b"1", "b": b"3"}) == ("b",)
    assert (tmp_path / "a").stat().st_mtime == 1


@pytest.mark.parametrize("obstacle", ["link", "folder link", "folder"])
def test_an_obstacle_stops_the_write_before_the_first_file_changes(tmp_path: Path, obstacle: str) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "a").write_bytes(b"old")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "victim").write_bytes(b"old")
    path = {"link": "z", "folder link": "y/victim", "folder": "x"}[obstacle]
    (folder / "z").symlink_to(tmp_path / "outside" / "victim")
    (folder / "y").symlink_to(tmp_path / "outside")
    (folder / "x").mkdir()
    with pytest.raises(FilesError):
        write_files(str(folder), {"a": b"new", path: b"new"})
    assert (folder / "a").read_bytes() == b"old"
    assert (tmp_path / "outside" / "victim").read_bytes() == b"old"


def test_a_failing_write_leaves_the_old_files_and_nothing_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"old")
    real = os.open

    def full(path: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT and "b" in os.path.basename(path):
            raise OSError(28, "No space left on device")
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(FilesError, match=r"cannot write .*: No space left on device"):
        write_files(str(tmp_path), {"a": b"new", "b": b"new"})
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_removal_takes_regular_files_only(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (tmp_path / "folder").mkdir()
    assert remove_files(str(tmp_path), ["link", "folder", "missing", "a"]) == ("a",)
    assert sorted(os.listdir(tmp_path)) == ["folder", "link"]
