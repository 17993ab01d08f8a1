"""Finds and reads the files that start a project's service, inside its root only, and joins them with its settings."""

from __future__ import annotations

import os
from collections.abc import Iterator

from poollint.analysis.servers import BadFileError, database_limit, is_of_interest, server_facts
from poollint.catalogue.catalogue import Catalogue
from poollint.engine.discovery import is_never_read
from poollint.engine.roots import is_within, posix
from poollint.model.declared import Declared, ServerFact
from poollint.model.settings import Settings
from poollint.model.sizing import Load

LARGEST = 256 * 1024
"""Bytes; no command line is in a larger file."""
MOST_FILES = 200
BESIDE = frozenset({"test", "tests", "docs", "example", "examples"})
"""Folders whose services are not the project's."""
DEEPEST = 3
"""Folders below the root in which such files are looked for."""


def declared(folder: str | None, settings: Settings, catalogue: Catalogue) -> Declared:
    """What the project in an absolute folder says of its operation; of no project, what its settings say."""
    loads = {name: Load(load["qps"], load["hold"] / 1000) for name, load in settings.load.items()}
    if folder is None:
        return Declared(settings.concurrency, loads)
    facts: list[ServerFact] = []
    limits: list[tuple[int, str]] = []
    notes: list[str] = []
    for path in _files(folder, catalogue):
        try:
            text = _read(folder, path)
            facts += server_facts(path, text, catalogue.servers)
            limit = database_limit(path, text)
        except BadFileError as error:
            notes.append(f"{path} is left aside: {error}")
            continue
        limits += [limit] if limit is not None else []
    numbers = {limit[0] for limit in limits}
    return Declared(
        settings.concurrency, loads, tuple(facts), limits[0] if len(numbers) == 1 else None, tuple(notes)
    )


def _read(folder: str, path: str) -> str:
    absolute = os.path.join(folder, path)
    try:
        if os.path.getsize(absolute) > LARGEST:
            raise BadFileError(f"larger than {LARGEST} bytes")
        with open(absolute, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError:
        raise BadFileError("not UTF-8") from None
    except OSError as error:
        raise BadFileError(error.strerror or str(error)) from None


def _files(folder: str, catalogue: Catalogue) -> Iterator[str]:
    """Paths from the root, by name; at most `MOST_FILES`."""
    waiting = [("", 0)]
    found = 0
    while waiting and found < MOST_FILES:
        below, depth = waiting.pop(0)
        for entry in _entries(os.path.join(folder, below)):
            path = f"{below}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                is_own = not entry.name.startswith(".") and entry.name not in BESIDE
                if depth < DEEPEST and is_own and not is_never_read(posix(entry.path)):
                    waiting.append((f"{path}/", depth + 1))
            elif is_of_interest(path, catalogue.servers) and _is_inside(entry, folder):
                found += 1
                yield path


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listing:
            return sorted(listing, key=lambda entry: entry.name)
    except OSError:
        return []


def _is_inside(entry: os.DirEntry[str], folder: str) -> bool:
    try:
        return entry.is_file() and is_within(posix(os.path.realpath(entry.path)), posix(os.path.realpath(folder)))
    except OSError:
        return False
