"""poollint as a flake8 plugin (entry point `CPL`).

flake8 imports this module in every run and in every worker, so it imports nothing but the standard library, and as
little of that as possible; the rest is read when a file asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from poollint import __version__

if TYPE_CHECKING:
    import argparse
    import ast

    from poollint.frontends.flake8_run import Flake8Run

Problem = tuple[int, int, str, type]
"""(line, 1-based; column, 0-based; text, one line; the plugin's class), as flake8 wants it."""
NO_SOURCE = (".ipynb",)
"""Files that flake8 reads as if they were Python."""


class Plugin:
    """One file of a flake8 run. flake8 tells by the signature what to pass."""

    name = "poollint"
    version = __version__
    options: argparse.Namespace | None = None
    current: Flake8Run | None = None
    """What the files of this process share; made by the first file that needs it."""

    def __init__(self, tree: ast.AST, filename: str = "stdin", lines: Sequence[str] = ()) -> None:
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
        """A new run: what an earlier one in this process has read may be stale."""
        cls.options = options
        cls.current = None

    def run(self) -> Iterator[Problem]:
        """The findings of the file. Whatever goes wrong becomes one CPL000: an exception would end flake8."""
        kind = type(self)
        try:
            found = self._found()
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            found = [(1, 0, f"CPL000 internal error: poollint failed on this file ({reason}) [internal-error]")]
        for line, column, text in found:
            yield line, column, text, kind

    def _found(self) -> list[tuple[int, int, str]]:
        if self.filename.endswith(NO_SOURCE):
            return []
        kind = type(self)
        if kind.current is None:
            from poollint.frontends.flake8_run import Flake8Run

            kind.current = Flake8Run(kind.options)
        return kind.current.found(self.filename, self.lines)
