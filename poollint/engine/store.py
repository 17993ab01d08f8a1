"""The cache's folder: one sqlite file, which no trouble with it makes a run wrong or stop.

A file that is corrupt is replaced; one that is locked, read-only or out of room is left alone for this run. The
file is named for the shape of its tables, so that versions of poollint with other tables do not meet in it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

NAME = "results-1.sqlite3"
TAG = "CACHEDIR.TAG"
SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n"
"""What backup programs look for (https://bford.info/cachedir/)."""
PATIENCE = 2.0
"""Seconds to wait for another process that writes."""
STATES_KEPT = 12
"""States of a project whose results are kept: branches that are switched between, settings that alternate."""

_TABLES = """
create table if not exists files (path text primary key, stamp text not null, hash text not null);
create table if not exists states (state text primary key, used integer not null);
create table if not exists results (state text, path text, value text not null, primary key (state, path));
"""


class Store:
    """Results by the state of a project and path; hashes of files by what the file system says of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._connection: sqlite3.Connection | None = None
        self._is_broken = False

    # --- reading ---

    def hashes(self) -> dict[str, tuple[str, str]]:
        """path -> (stamp, hash) as last noted."""
        rows = self._read("select path, stamp, hash from files", ())
        return {path: (stamp, text_hash) for path, stamp, text_hash in rows}

    def results(self, state: str) -> dict[str, str]:
        """path -> result in one state of the project."""
        rows = self._read("select path, value from results where state = ?", (state,))
        return {row[0]: row[1] for row in rows}

    def _read(self, query: str, values: Sequence[str]) -> list[tuple[str, ...]]:
        if self._is_broken or (self._connection is None and not (self.folder / NAME).is_file()):
            return []
        with self._trouble_ends_it():
            connection = self._open()
            return [row for row in connection.execute(query, values) if all(type(item) is str for item in row)]
        return []

    # --- writing ---

    def keep(self, state: str, results: Mapping[str, str], hashes: Iterable[tuple[str, str, str]]) -> None:
        """Adds results of one state and (path, stamp, hash) of files; the oldest states are dropped."""
        if self._is_broken or not self._is_ours():
            return
        with self._trouble_ends_it():
            connection = self._open()
            with connection:
                connection.execute("begin immediate")
                connection.executemany("insert or replace into files values (?, ?, ?)", hashes)
                rows = [(state, path, value) for path, value in results.items()]
                connection.executemany("insert or replace into results values (?, ?, ?)", rows)
                following = "(select coalesce(max(used), 0) + 1 from states)"
                connection.execute(f"insert or replace into states values (?, {following})", (state,))
                newest = f"select state from states order by used desc limit {STATES_KEPT}"
                connection.execute(f"delete from results where state not in ({newest})")
                connection.execute(f"delete from states where state not in ({newest})")

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    # --- the file ---

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(self.folder / NAME, timeout=PATIENCE, isolation_level=None)
            try:
                connection.execute("pragma journal_mode = wal")
                connection.execute("pragma synchronous = off")
                connection.executescript(_TABLES)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    @contextlib.contextmanager
    def _trouble_ends_it(self) -> Iterator[None]:
        """After the first failure of a run nothing is read or written any more."""
        try:
            yield
        except (sqlite3.Error, OSError, ValueError) as error:
            self._is_broken = True
            self.close()
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
                self._remove()

    def _remove(self) -> None:
        """A file that is no database, or a damaged one: the next run starts anew."""
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                os.unlink(self.folder / (NAME + suffix))

    def _is_ours(self) -> bool:
        """Makes the folder with what tells people and programs to leave it alone. A folder with other things in it
        is not used."""
        try:
            if is_cache(self.folder):
                return True
            if self.folder.is_dir() and any(self.folder.iterdir()):
                return False
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / ".gitignore").write_text("# made by poollint\n*\n", "utf-8")
            about = "# This folder is poollint's cache: `poollint clean` removes it.\n"
            (self.folder / TAG).write_text(SIGNATURE + about, "utf-8")
        except OSError:
            return False
        return True


def is_cache(folder: Path) -> bool:
    """Whether a folder is one that poollint made."""
    try:
        return "poollint" in (folder / TAG).read_text("utf-8")
    except (OSError, ValueError):
        return False
