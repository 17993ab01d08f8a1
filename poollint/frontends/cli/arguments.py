"""Reading arguments: flags made from the declared options, `@file`, and errors that name a near match."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import MISSING
from typing import Any, NoReturn

from poollint.engine.errors import UsageError, listed, near
from poollint.engine.options import WrongValueError, combined, from_flag, shape_of
from poollint.model.settings import OPTIONS

WORDS = {"jobs": {"auto": "0"}}
"""Words that a flag takes for a value."""
METAVARS = {"texts": "LIST", "lists": "GLOB:LIST", "number": "N", "text": "TEXT"}
WIDTH = 100


class Parser(argparse.ArgumentParser):
    """Raises `UsageError` in place of ending the process, and guesses what was meant."""

    def __init__(self, prog: str, usage: str, description: str, epilog: str = "") -> None:
        super().__init__(
            prog,
            usage=usage,
            description=description,
            epilog=epilog,
            allow_abbrev=False,
            add_help=False,
            formatter_class=_Help,
        )

    def error(self, message: str) -> NoReturn:
        raise UsageError(message)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            flag = action.option_strings[-1] if action.option_strings else action.dest
            guess = near(str(value), action.choices)
            raise UsageError(f'{flag}: expected {listed(action.choices)}, got "{value}"{guess}')

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The arguments as attributes; what follows `--` is never a flag. Paths are in `paths`."""
        words = list(expanded(arguments))
        end = words.index("--") if "--" in words else len(words)
        found, unknown = self.parse_known_intermixed_args(words[:end])
        if unknown:
            flag = unknown[0].partition("=")[0]
            raise UsageError(f'unexpected "{flag}"{near(flag, self._option_string_actions)}')
        if words[end + 1 :]:
            found.paths = [*found.paths, *words[end + 1 :]]
        return found

    def has_helped(self, found: argparse.Namespace) -> bool:
        """Prints the help if that is what was asked for."""
        if found.help:
            print(self.format_help(), end="")
        return bool(found.help)


class _Help(argparse.HelpFormatter):
    """Flags in one column, what they are for in another; no capital letters repeated for the short form."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=34, width=WIDTH)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings:
            return super()._format_action_invocation(action)
        value = "" if action.nargs == 0 else f" {self._format_args(action, action.dest.upper())}"
        return ", ".join(action.option_strings) + value


def expanded(arguments: Iterable[str]) -> Iterable[str]:
    """The arguments, with the lines of the file in place of `@file`."""
    for word in arguments:
        if len(word) < 2 or not word.startswith("@"):
            yield word
            continue
        try:
            with open(word[1:], encoding="utf-8") as lines:
                yield from (line for line in lines.read().splitlines() if line.strip())
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8"
            raise UsageError(f"{word}: cannot be read: {reason}") from None


# --- flags of declared options ---------------------------------------------------------------------


def add_options(groups: dict[str, argparse._ArgumentGroup]) -> None:
    """The flags of every option that has one."""
    for name, option in OPTIONS.items():
        metadata = option.metadata
        if not metadata["flag"]:
            continue
        group, flags = groups[metadata["group"]], [metadata["short"], metadata["flag"]]
        flags = [flag for flag in flags if flag]
        shape = shape_of(name)
        if shape.kind == "flag":
            _add_switch(group, name, flags, metadata["doc"], option.default is True)
            continue
        shown = "|".join(shape.choices) or METAVARS[shape.kind]
        group.add_argument(*flags, dest=name, action="append", metavar=shown, help=_doc(name))


def _add_switch(group: argparse._ArgumentGroup, name: str, flags: list[str], doc: str, default: bool) -> None:
    """A flag and its `--no-` form; the one that changes the default is told."""
    negative = [f"--no-{flag.removeprefix('--')}" for flag in flags if flag.startswith("--")]
    does, undoes = (argparse.SUPPRESS, f"do not {doc}") if default else (doc, argparse.SUPPRESS)
    group.add_argument(*flags, dest=name, action="append_const", const="true", help=does)
    group.add_argument(*negative, dest=name, action="append_const", const="false", help=undoes)


def _doc(name: str) -> str:
    """The option's meaning and its default, where that is short."""
    option = OPTIONS[name]
    default = option.default
    shown = ",".join(default) if isinstance(default, tuple) else str(default)
    is_short = bool(shown) and len(shown) < 40 and option.default is not MISSING
    return str(option.metadata["doc"] + (f" [{shown}]" if is_short else "")).replace("%", "%%")


def overrides(found: argparse.Namespace) -> dict[str, object]:
    """What the flags say, by field of `Settings`; a flag that is repeated adds to its list."""
    said: dict[str, object] = {}
    for name, option in OPTIONS.items():
        texts = getattr(found, name, None) if option.metadata["flag"] else None
        if texts is None:
            continue
        values = [_value(name, text) for text in texts]
        said[name] = values[0]
        for value in values[1:]:
            said[name] = _added(name, said[name], value)
    return said


def _value(name: str, text: str) -> Any:
    try:
        return from_flag(name, WORDS.get(name, {}).get(text, text))
    except WrongValueError as error:
        raise UsageError(f"{OPTIONS[name].metadata['flag']}: {error}") from None


def _added(name: str, first: Any, second: Any) -> Any:
    return (*first, *second) if shape_of(name).kind == "texts" else combined(name, first, second)
