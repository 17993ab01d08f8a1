"""Replacing files: all or nothing, and only what was read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from poollint.engine.writing import WriteError, write


def test_what_has_changed_since_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"edited meanwhile\n")
    with pytest.raises(WriteError, match="has changed since it was read"):
        write(str(file), b"as read\n", b"repaired\n")
    assert file.read_bytes() == b"edited meanwhile\n"


def test_what_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="cannot be written: No such file"):
        write(str(tmp_path / "a.py"), b"", b"x")


def test_a_failure_leaves_the_file_and_nothing_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"before\n")

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(WriteError, match="cannot be written: No space left on device"):
        write(str(file), b"before\n", b"after\n")
    assert file.read_bytes() == b"before\n"
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_link_leads_to_the_file_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    file, link = tmp_path / "sub" / "a.py", tmp_path / "b.py"
    file.write_bytes(b"before\n")
    link.symlink_to(file)
    write(str(link), b"before\n", b"after\n")
    assert (link.is_symlink(), file.read_bytes()) == (True, b"after\n")
    assert os.listdir(tmp_path / "sub") == ["a.py"]
