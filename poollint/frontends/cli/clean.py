"""`poollint clean [PATH ...]`: removes the caches of the projects that these paths are in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from poollint.engine.errors import UsageError
from poollint.engine.remembered import cache_folder
from poollint.engine.request import Request
from poollint.engine.session import Session
from poollint.engine.store import is_cache
from poollint.frontends.cli.commands import CLEAN

USAGE = "usage: poollint clean [PATH ...]\n\nRemoves the caches of the projects that the paths are in (default: here)."


def main(arguments: Sequence[str]) -> int:
    """Removes and tells; a folder that poollint did not make is left alone."""
    if {"-h", "--help"} & {*arguments}:
        print(USAGE)
        return CLEAN
    for argument in arguments:
        if argument.startswith("-"):
            raise UsageError(f'unexpected "{argument}" after clean')
    session = Session(Request())
    for path in arguments or (".",):
        folder = _folder(session, path)
        if folder is not None and is_cache(folder):
            shutil.rmtree(folder)
            print(f"removed {os.path.relpath(folder)}")
    return CLEAN


def _folder(session: Session, path: str) -> Path | None:
    absolute = session.absolute(path)
    if not os.path.exists(absolute):
        raise UsageError(f"{path}: no such file or folder")
    root = session.roots.root_of(f"{absolute}/x.py" if os.path.isdir(absolute) else absolute)
    return cache_folder(root, session.config_of(root))
