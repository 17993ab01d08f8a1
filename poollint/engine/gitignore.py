"""What git leaves out below a folder: nested .gitignore files and .git/info/exclude, by pathspec.

pathspec is imported when the first pattern is met, so that runs without one do not pay for it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

INFO = ".git/info/exclude"


class GitIgnore:
    """Answers for everything below `top`, the top of the repository (or of the walk, where there is none).

    Folders are expected to be asked before what is in them: git never looks into an ignored folder, so a
    nested negation cannot bring back what lies there.
    """

    def __init__(self, top: str) -> None:
        self.top = top.rstrip("/")
        self._specs: dict[str, GitIgnoreSpec | None] = {}

    def ignores(self, path: str, is_folder: bool) -> bool:
        """Whether git ignores an absolute path below the top; the deepest file that has a word decides."""
        asked = f"{path}/" if is_folder else path
        folder = os.path.dirname(path)
        while len(folder) >= len(self.top):
            verdict = self._said(folder, asked)
            if verdict is not None:
                return verdict
            if folder == self.top:
                break
            folder = os.path.dirname(folder)
        return False

    def ignores_within(self, path: str, is_folder: bool = False) -> bool:
        """Whether git ignores a path itself or a folder that it is in."""
        parts = path[len(self.top) + 1 :].split("/")
        folders = [f"{self.top}/{'/'.join(parts[:count])}" for count in range(1, len(parts))]
        return any(self.ignores(folder, True) for folder in folders) or self.ignores(path, is_folder)

    def _said(self, folder: str, asked: str) -> bool | None:
        if folder not in self._specs:
            self._specs[folder] = self._spec(folder)
        spec = self._specs[folder]
        return None if spec is None else spec.check_file(asked[len(folder) + 1 :]).include

    def _spec(self, folder: str) -> GitIgnoreSpec | None:
        """The patterns of one folder; those of info/exclude come first, since the .gitignore outranks them."""
        lines = _lines(f"{folder}/{INFO}") if folder == self.top else []
        lines += _lines(f"{folder}/.gitignore")
        if not any(line.strip() and not line.startswith("#") for line in lines):
            return None
        from pathspec import GitIgnoreSpec

        return GitIgnoreSpec.from_lines(lines)


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().splitlines()
    except OSError:
        return []
