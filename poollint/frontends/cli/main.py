"""The entry point: which subcommand, and what happens when it cannot go on."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from poollint.frontends.cli.commands import BROKEN_PIPE, COMMANDS, INTERRUPTED, USAGE


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; the exit status is 0 clean, 1 findings, 2 could not be done as asked, 130 interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _encode_all()
    try:
        status = _run(arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        _close_quietly()
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(arguments: list[str]) -> int:
    command, rest = _split(arguments)
    if arguments[:1] == [command] and os.path.exists(command):
        _tell(f"note: `{command}` is a command; write ./{command} for the path of that name")
    try:
        return int(importlib.import_module(f"poollint.frontends.cli.{command}").main(rest))
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except Exception as error:
        return _failed(error, {"-v", "--verbose"} & {*arguments} != set())


def _split(arguments: list[str]) -> tuple[str, list[str]]:
    """The subcommand, when the first argument is exactly one, and what is left for it."""
    first = arguments[0] if arguments else ""
    if first in ("-V", "--version"):
        return "version", arguments[1:]
    return (first, arguments[1:]) if first in COMMANDS else ("check", arguments)


def _failed(error: Exception, is_verbose: bool) -> int:
    """A wrong request is told in a line; a defect of ours too, with its traceback if asked."""
    from poollint.engine.errors import UsageError
    from poollint.frontends.formats.text import clean

    if isinstance(error, UsageError):
        _tell(f"error: {clean(str(error))}")
        return USAGE
    if is_verbose:
        import traceback

        traceback.print_exception(error)
    _tell(f"error: poollint failed: {type(error).__name__}: {clean(str(error))}")
    if not is_verbose:
        _tell("note: -v prints the traceback")
    return USAGE


def _tell(line: str) -> None:
    print(f"poollint: {line}", file=sys.stderr)


def _encode_all() -> None:
    """Whatever the terminal cannot show is escaped rather than raised; lines end as the system's own."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _close_quietly() -> None:
    """Nobody reads on: the interpreter's own flush at the end must not complain."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return
