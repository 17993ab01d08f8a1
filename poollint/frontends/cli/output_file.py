"""The file that `--output-file` names: looked at before the run, written after it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from poollint.engine.errors import UsageError
from poollint.frontends.formats.text import clean


def refuse_unwritable(name: str | None) -> None:
    """`UsageError` where the file cannot be written, before anything is read or repaired; what it holds stays."""
    if name is None:
        return
    path = Path(name)
    try:
        if path.is_dir() or not name:
            code = errno.EISDIR if name else errno.ENOENT
            raise OSError(code, os.strerror(code))
        if not path.exists():
            path.open("xb").close()
            path.unlink()
        elif path.is_file():
            path.open("r+b").close()
        # a pipe or device is only opened when there is something to write
    except OSError as error:
        raise _refusal(name, error) from None


def write(name: str, content: bytes) -> None:
    """Puts the content in place of what the file held."""
    try:
        with open(name, "wb") as file:
            file.write(content)
    except OSError as error:
        raise _refusal(name, error) from None


def _refusal(name: str, error: OSError) -> UsageError:
    told = clean(name) or '""'
    return UsageError(f"--output-file: {told} cannot be written: {error.strerror}")
