"""Replacing a file's bytes in one step: whoever reads it sees the old ones or the new ones, never a part."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile


class WriteError(Exception):
    """A file that was left as it is; the message says why, without its path."""


def write(path: str, before: bytes, after: bytes) -> None:
    """`after` in place of `before` at an absolute path.

    A symbolic link keeps pointing at the file that is changed; mode and owner stay. `WriteError` where the file is
    read-only, has changed since it was read, or cannot be written.
    """
    target = os.path.realpath(path)
    try:
        status = os.stat(target)
        _may_write(target, status)
        if _digest_of(target) != hashlib.sha256(before).digest():
            raise WriteError("it has changed since it was read; nothing was written")
        _replace(target, status, after)
    except OSError as error:
        raise WriteError(f"cannot be written: {error.strerror or error}") from None


def _may_write(target: str, status: os.stat_result) -> None:
    """The mode counts for root too: who made a file read-only meant it."""
    if not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(target, os.W_OK):
        raise WriteError("is read-only; nothing was written")
    if not stat.S_ISREG(status.st_mode):
        raise WriteError("is not a regular file; nothing was written")


def _digest_of(target: str) -> bytes:
    with open(target, "rb") as file:
        return hashlib.sha256(file.read()).digest()


def _replace(target: str, status: os.stat_result, after: bytes) -> None:
    """By way of a file beside it, which takes its place when it is whole."""
    folder, name = os.path.split(target)
    handle, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".poollint", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        if hasattr(os, "chown"):
            # without the right to give files away the owner is the one who writes
            with contextlib.suppress(OSError):
                os.chown(temporary, status.st_uid, status.st_gid)
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
