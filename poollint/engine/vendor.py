"""The reference pool's copy in a user's tree: what it consists of, whether it is as it was written, how it is renewed.

Each file of a copy begins with comments that say which poollint it is from and the hash of what follows; those of
`__init__.py` hold the licence and the names of all files. So a copy can be judged without the poollint that made it.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import poollint
from poollint.engine.errors import UsageError

SOURCE = Path(poollint.__file__).with_name("pool")
FIRST = "__init__.py"
ORIGIN = re.compile(r"# Copied from poollint (\S+) by `poollint vendor`")
HASH = re.compile(r"# sha256 of what follows: ([0-9a-f]{64})")
FILES = re.compile(r"# files: (.*)")
LEFT_ALONE = ("# fmt: off", "# isort: skip_file", "# ruff: noqa", "# flake8: noqa", "# pylint: skip-file")
"""Other tools have nothing to repair in a copy, and what they change would count as edited."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a copy: its comments, as far as they could be read, and its text below them."""

    version: str
    digest: str
    files: tuple[str, ...]
    body: str

    @property
    def is_edited(self) -> bool:
        return self.digest != digest_of(self.body)


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy as found. `texts` are its own files as they stand, other files in the folder are none of ours."""

    version: str
    texts: dict[str, str]
    edited: tuple[str, ...]
    missing: tuple[str, ...]


def digest_of(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def wanted() -> dict[str, str]:
    """Name and text of each file that a copy by this poollint has."""
    bodies = {path.name: path.read_text("utf-8") for path in sorted(SOURCE.glob("*.py"))}
    return {name: "".join(f"{line}\n" for line in _comments(name, bodies)) + body for name, body in bodies.items()}


def _comments(name: str, bodies: Mapping[str, str]) -> list[str]:
    lines = [
        f"# Copied from poollint {poollint.__version__} by `poollint vendor`; `poollint vendor --check` finds edits.",
        f"# sha256 of what follows: {digest_of(bodies[name])}",
        "# SPDX-License-Identifier: MIT" + ("" if name == FIRST else f" (its text is in {FIRST})"),
        *LEFT_ALONE,
    ]
    if name == FIRST:
        licence = (SOURCE / "LICENSE").read_text("utf-8").splitlines()
        lines += [f"# files: {' '.join(bodies)}", "#", *(f"# {line}".rstrip() for line in licence)]
    return lines


def piece_of(text: str) -> Piece | None:
    """None: the text does not begin as a file of a copy does."""
    lines = text.splitlines(keepends=True)
    count = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    head = "".join(lines[:count])
    origin, digest, files = ORIGIN.match(head), HASH.search(head), FILES.search(head)
    if origin is None:
        return None
    names = tuple(files[1].split()) if files else ()
    return Piece(origin[1], digest[1] if digest else "", names, "".join(lines[count:]))


def read(folder: str) -> Copy | None:
    """The copy in a folder; None if there is nothing in the way of one.

    `UsageError` where there is something else: a file, or a package that is no copy."""
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise UsageError(f"{folder}: a file; the pool is copied as a folder of its own")
    first = _text(folder, FIRST)
    if first is None:
        taken = sorted(path.name for path in SOURCE.glob("*.py") if os.path.lexists(os.path.join(folder, path.name)))
        if taken:
            raise UsageError(f"{folder}: has a {taken[0]} and is no copy of the pool; name a folder of its own")
        return None
    piece = piece_of(first)
    if piece is None:
        raise UsageError(f"{folder}: a package that is no copy of the pool; name a folder of its own")
    names = dict.fromkeys((FIRST, *piece.files))
    texts = {name: text for name in names if (text := _text(folder, name)) is not None}
    pieces = {name: piece_of(text) for name, text in texts.items()}
    edited = tuple(name for name, one in pieces.items() if one is None or one.is_edited)
    return Copy(piece.version, texts, edited, tuple(name for name in names if name not in texts))


def _text(folder: str, name: str) -> str | None:
    """Whatever line ends the version control has made of them; what is no UTF-8 counts as edited."""
    try:
        return Path(folder, name).read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{os.path.join(folder, name)}: cannot be read: {error.strerror}") from None


def problems(copy: Copy, shown: str) -> list[str]:
    """A line for each thing that is not whole or not current, with the copy's folder as users see it."""
    found = [f"{shown}/{name}: edited" for name in copy.edited]
    found += [f"{shown}/{name}: missing" for name in copy.missing]
    if not found and _bodies(copy.texts) != _bodies(wanted()):
        found.append(f"{shown}: copied from poollint {copy.version}, and that of {poollint.__version__} is another")
    return found


def _bodies(texts: Mapping[str, str]) -> dict[str, str]:
    pieces = {name: piece_of(text) for name, text in texts.items()}
    return {name: piece.body for name, piece in pieces.items() if piece is not None}


def difference(copy: Copy | None, shown: str) -> str:
    """What `write` would change, as a unified diff."""
    before, after = {} if copy is None else copy.texts, wanted()
    lines: list[str] = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        lines += difflib.unified_diff(
            (old or "").splitlines(keepends=True),
            (new or "").splitlines(keepends=True),
            "/dev/null" if old is None else f"{shown}/{name}",
            "/dev/null" if new is None else f"{shown}/{name}",
        )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def write(folder: str, copy: Copy | None) -> None:
    """Makes the folder a copy by this poollint; files that an older copy had are removed, others stay."""
    texts = wanted()
    try:
        os.makedirs(folder, exist_ok=True)
        for name in sorted(texts, key=lambda name: name == FIRST):  # the one that names them all is last
            replace(Path(folder, name), texts[name].encode())
        for name in () if copy is None else sorted(copy.texts.keys() - texts.keys()):
            Path(folder, name).unlink()
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: cannot be written: {error.strerror}") from None


def replace(path: Path, content: bytes) -> None:
    """All or nothing, with the mode that the file had; a link stays one, and what it points to is written."""
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        beside.write_bytes(content)
        if target.exists():
            os.chmod(beside, target.stat().st_mode & 0o7777)
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
