"""poollint as a flake8 plugin (entry point `CPL`).

flake8 imports this module in every run and in every worker, so it imports nothing but the standard library, of that
only what flake8 has imported anyway; the rest is read when a file asks for it.
"""

from __future__ import annotations

import ast
import multiprocessing
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from poollint import __version__

if TYPE_CHECKING:
    import argparse

    from poollint.frontends.flake8_run import Flake8Run

PREFIX = "CPL"
NO_SOURCE = (".ipynb",)
"""Files that flake8 reads as if they were Python."""
_IMPORTS = (ast.Import, ast.ImportFrom, ast.Pass)
_LISTS = (ast.List, ast.Tuple, ast.Set)
_COMMENT = re.compile(r"(?i:poollint)|(?i:noqa)(?=[^\n]*(?:[a-z]|CPL))")
"""Comments that may name a rule: our own, and a `noqa` that says more than codes of others."""


class Plugin:
    """One file of a flake8 run. flake8 tells by the signature what to pass."""

    name = "poollint"
    version = __version__
    options: argparse.Namespace | None = None
    shared: Flake8Run | None = None
    """What the files of this process share; made by the first file that needs it."""

    def __init__(self, tree: ast.AST, filename: str = "stdin", lines: Sequence[str] = ()) -> None:
        self.tree = tree
        self.filename = filename
        self.lines = lines

    @staticmethod
    def add_options(manager: Any) -> None:
        """All options of all plugins share one namespace: ours start with `--poollint-`."""
        manager.add_option(
            "--poollint-config",
            metavar="FILE",
            default=None,
            parse_from_config=True,
            normalize_paths=True,
            help="TOML file with poollint's settings, in place of the nearest pyproject.toml",
        )
        manager.add_option(
            "--poollint-isolated",
            action="store_true",
            default=False,
            parse_from_config=True,
            help="let poollint read no configuration file",
        )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """A new run: what an earlier one of this process has read may be stale.

        Here, in the parent, workers that will be forked get what they would else each make anew.
        """
        cls.options = options
        cls.shared = None
        try:
            if _may_speak(options) and _will_fork(options):
                cls._share().warm_up()
        except Exception:
            # the first file that needs it fails in the same way, and tells
            cls.shared = None

    def run(self) -> Iterator[tuple[int, int, str, type]]:
        """(line, 1-based; column, 0-based; text of one line; the class) of each finding.

        Whatever goes wrong becomes one CPL000: an exception would end flake8, with the results of all plugins.
        """
        try:
            found = self._found()
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            found = [(1, 0, f"CPL000 internal error: poollint failed on this file ({reason}) [internal-error]")]
        for line, column, text in found:
            yield line, column, text, type(self)

    def _found(self) -> list[tuple[int, int, str]]:
        if self.filename.endswith(NO_SOURCE) or not _may_speak(self.options):
            return []
        if is_plain(self.tree) and _COMMENT.search("".join(self.lines)) is None:
            return []
        return self._share().found(self.filename, self.lines)

    @classmethod
    def _share(cls) -> Flake8Run:
        if cls.shared is None:
            from poollint.frontends.flake8_run import Flake8Run

            cls.shared = Flake8Run(cls.options)
        return cls.shared


# --- what is none of our business ------------------------------------------------------------------


def is_plain(tree: ast.AST) -> bool:
    """Whether a module only imports and names constants: no rule has anything to say of that.

    It is all that can be told of a file by itself: any other may matter through a name that another file makes hot.
    """
    return isinstance(tree, ast.Module) and all(map(_is_plain_statement, tree.body))


def _is_plain_statement(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Assign):
        value = statement.value
        items = value.elts if isinstance(value, _LISTS) else [value]
        return all(isinstance(item, ast.Constant) for item in items)
    return isinstance(statement, _IMPORTS)


def _may_speak(options: argparse.Namespace | None) -> bool:
    """Whether flake8 reports any code of ours."""
    select = getattr(options, "select", None)
    if select is None:
        return True
    words = [*select, *(getattr(options, "extend_select", None) or ())]
    return any(word.startswith(PREFIX) or PREFIX.startswith(word) for word in words)


def _will_fork(options: argparse.Namespace) -> bool:
    """Whether flake8 is going to fork workers."""
    start = multiprocessing.get_start_method(allow_none=True) or multiprocessing.get_all_start_methods()[0]
    if start != "fork" or "-" in options.filenames:
        return False
    jobs = options.jobs
    return bool(jobs.is_auto or jobs.n_jobs > 1)
