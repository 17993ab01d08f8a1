"""Finds and reads the files that start a project's service, inside its root only, and joins them with its settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

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
SETTINGS = (".py", ".ini", ".toml")
"""How the files end in which servers keep settings."""
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
    for path in islice(files(folder, partial(is_of_interest, servers=catalogue.servers)), MOST_FILES):
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


def may_be_of_interest(path: str) -> bool:
    """Whether a file may say how a service is run, for all that its name tells without the catalogue's servers."""
    return is_of_interest(path, ()) or path.endswith(SETTINGS)


def files(folder: str, is_wanted: Callable[[str], bool]) -> Iterator[str]:
    """Paths from the root where such files are looked for, of those whose path is wanted."""
    top = posix(os.path.realpath(folder))
    waiting = [("", 0)]
    while waiting:
        below, depth = waiting.pop(0)
        for entry in _entries(os.path.join(folder, below)):
            path = f"{below}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                is_own = not entry.name.startswith(".") and entry.name not in BESIDE
                if depth < DEEPEST and is_own and not is_never_read(posix(entry.path)):
                    waiting.append((f"{path}/", depth + 1))
            elif is_wanted(path) and _is_inside(entry, top):
                yield path


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listing:
            return sorted(listing, key=lambda entry: entry.name)
    except OSError:
        return []


def _is_inside(entry: os.DirEntry[str], top: str) -> bool:
    try:
        return entry.is_file() and is_within(posix(os.path.realpath(entry.path)), top)
    except OSError:
        return False
