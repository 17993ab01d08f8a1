"""Which files a run prints, and which files of a project are known.

Two walks, since the paths given choose what is printed, never what is known. Symbolic links to folders are not
followed; a link to a file counts where its target lies in the same root.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from poollint.engine.config import Config
from poollint.engine.gitignore import GitIgnore
from poollint.engine.globs import any_fits
from poollint.engine.roots import Root, Roots, displayed, is_within, posix, real
from poollint.model.report import RunError

SUFFIXES = (".py", ".pyi")
NEVER_READ = frozenset({
    ".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox",
    ".pants.d", ".poollint_cache", ".pytest_cache", ".pytype", ".ruff_cache", ".svn", ".tox", ".venv",
    "__pycache__", "__pypackages__", "node_modules", "site-packages",
})  # fmt: skip
BUILD = frozenset({"build", "dist", "_build", "buck-out"})
"""Folders that hold copies of the sources, unless they are packages themselves."""


@dataclass(frozen=True, slots=True)
class Found:
    """Absolute paths of the files to print, sorted; and what was asked for and is not there."""

    files: tuple[str, ...]
    errors: tuple[RunError, ...]


def discover(paths: Iterable[str], roots: Roots, config_of: Callable[[Root], Config]) -> Found:
    """The Python files that the given paths name or hold."""
    files: dict[str, None] = {}
    errors: list[RunError] = []
    for given in paths:
        path = real(os.path.join(roots.working_directory, given))
        if os.path.isdir(path):
            files.update(dict.fromkeys(_Walk(posix(os.path.realpath(path)), roots, config_of).files()))
        elif os.path.exists(path):
            if not is_force_excluded(path, roots, config_of):
                files[path] = None
        else:
            shown = displayed(path, roots.working_directory)
            errors.append(RunError(shown, "missing-path", "no such file or folder"))
    return Found(tuple(sorted(files)), tuple(errors))


def is_force_excluded(path: str, roots: Roots, config_of: Callable[[Root], Config]) -> bool:
    """Whether `force-exclude` leaves out a file that was named."""
    config = config_of(roots.root_of(path))
    return config.settings.force_exclude and any(glob.covers(path) for glob in config.exclude)


class _Walk:
    """Files to print below a folder that was named; its own name and place are not held against it."""

    def __init__(self, folder: str, roots: Roots, config_of: Callable[[Root], Config]) -> None:
        self.folder = folder
        self.roots = roots
        self.config_of = config_of
        self.git = GitIgnore(roots.repository_of(folder) or folder)
        if folder != self.git.top and self.git.ignores_within(folder, is_folder=True):
            # whoever names an ignored folder wants it read
            self.git = GitIgnore(folder)

    def files(self) -> Iterator[str]:
        waiting = [self.folder]
        while waiting:
            folder = waiting.pop()
            root = self.roots.root_of(f"{folder}/x.py")
            config = self.config_of(root)
            for path, is_folder in entries(folder, root.folder):
                if any_fits(config.exclude, path):
                    continue
                if config.settings.respect_gitignore and self.git.ignores(path, is_folder):
                    continue
                if is_folder:
                    if not is_environment(path):
                        waiting.append(path)
                else:
                    yield path


def project_files(root: Root, roots: Roots, respect_gitignore: bool = True) -> frozenset[str]:
    """Paths from the root of all files that the project is known by, printed or not."""
    git = GitIgnore(roots.repository_of(root.folder) or root.folder)
    found: list[str] = []
    waiting = [root.folder]
    while waiting:
        for path, is_folder in entries(waiting.pop(), root.folder):
            if is_folder and is_never_read(path):
                continue
            if respect_gitignore and git.ignores(path, is_folder):
                continue
            if is_folder:
                waiting.append(path)
            else:
                found.append(path[len(root.folder.rstrip("/")) + 1 :])
    return frozenset(found)


def is_never_read(folder: str) -> bool:
    """Whether a folder holds no first-party sources: installed packages, caches, build results."""
    name = folder.rpartition("/")[2]
    if name in NEVER_READ or name.endswith(".egg-info"):
        return True
    if name in BUILD:
        return not os.path.exists(f"{folder}/__init__.py")
    return is_environment(folder)


def is_environment(folder: str) -> bool:
    """Whether a folder is a virtual environment, whatever its name."""
    return os.path.exists(f"{folder}/pyvenv.cfg") or os.path.isdir(f"{folder}/conda-meta")


def entries(folder: str, root: str) -> Iterator[tuple[str, bool]]:
    """(absolute path, is it a folder) of a folder's own folders and Python files, by name."""
    try:
        with os.scandir(folder) as listing:
            found = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        return
    base = folder.rstrip("/")
    for entry in found:
        path = f"{base}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield path, True
        elif entry.name.endswith(SUFFIXES) and _is_own_file(entry, root):
            yield path, False


def _is_own_file(entry: os.DirEntry[str], root: str) -> bool:
    try:
        if not entry.is_file():
            return False
        return not entry.is_symlink() or is_within(posix(os.path.realpath(entry.path)), root)
    except OSError:
        return False
