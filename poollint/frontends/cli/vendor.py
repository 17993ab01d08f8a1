"""`poollint vendor FOLDER`: the reference pool in the user's own tree."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from poollint import __version__
from poollint.engine import pool_import, toml_file, vendor
from poollint.engine.config import Configs
from poollint.engine.errors import UsageError
from poollint.engine.roots import Root, Roots, displayed, real
from poollint.frontends.cli.arguments import Parser
from poollint.frontends.cli.commands import CLEAN, FINDINGS
from poollint.model.settings import Settings


@dataclass(frozen=True, slots=True)
class Place:
    """A folder for a copy, absolute and as users see it, and the project that it is in."""

    folder: str
    shown: str
    root: Root
    settings: Settings


def main(arguments: Sequence[str]) -> int:
    """Writes the copy, or judges it; 1 where a copy is not whole and current, or `--diff` has something to show."""
    parser = make_parser()
    found = parser.read(arguments)
    if parser.has_helped(found):
        return CLEAN
    if len(found.paths) > 1:
        raise UsageError(f'vendor: unexpected "{found.paths[1]}": one folder at a time')
    if found.force and (found.check or found.diff):
        raise UsageError("vendor: --force writes, --check and --diff do not: expected one of them")
    if not found.paths and not found.check and not found.diff:
        raise UsageError("vendor: expected the folder that the copy goes to, as in `poollint vendor src/app/_pool`")
    place = _place(found.paths[0]) if found.paths else _recorded_place()
    if found.diff:
        return _diff(place)
    return _check(place) if found.check else _write(place, found.force)


def make_parser() -> Parser:
    """The parser of the command."""
    parser = Parser(
        "poollint vendor",
        "poollint vendor FOLDER [--force]\n       poollint vendor --check|--diff [FOLDER]",
        "Copies the reference pool into FOLDER, a new package of the project, and sets `pool-import` in pyproject.toml "
        "to its name. A copy that is there is renewed, unless it was edited.",
        "Exit status: 0 done, or whole and current; 1 not so, or --diff shows something; 2 could not be done.",
    )
    parser.add_argument("paths", nargs="*", default=[], metavar="FOLDER", help="[with --check, --diff: `pool-import`]")
    parser.add_argument("--check", action="store_true", help="say whether the copy is whole and current")
    parser.add_argument("--diff", action="store_true", help="print what writing it would change")
    parser.add_argument("--force", action="store_true", help="write it also over edits")
    parser.add_argument("-h", "--help", action="store_true", help="print this")
    return parser


# --- where ---------------------------------------------------------------------------------------


def _place(path: str) -> Place:
    roots = Roots(os.getcwd())
    folder = real(path)
    root = roots.root_of(f"{folder}/{vendor.FIRST}")
    if not root.is_whole:
        raise UsageError(f"{path}: not in a project: no pyproject.toml, setup.cfg, setup.py or .git above it")
    settings = Configs(roots, {}).of(root).settings
    return Place(folder, displayed(folder, roots.working_directory), root, settings)


def _recorded_place() -> Place:
    """The copy that `pool-import` of the project here names."""
    roots = Roots(os.getcwd())
    root = roots.root_of(f"{roots.working_directory}/{vendor.FIRST}")
    settings = Configs(roots, {}).of(root).settings
    folder = pool_import.folder_of(settings.pool_import, root.folder, settings.src)
    if settings.pool_import == Settings().pool_import:
        raise UsageError("vendor: no copy is known: `pool-import` is not set; name the copy's folder")
    if folder is None:
        raise UsageError(f'vendor: no folder of the project is imported as `pool-import`, "{settings.pool_import}"')
    return Place(folder, displayed(folder, roots.working_directory), root, settings)


# --- what ----------------------------------------------------------------------------------------


def _check(place: Place) -> int:
    copy = vendor.read(place.folder)
    if copy is None:
        raise UsageError(f"{place.shown}: there is no copy of the pool")
    found = vendor.problems(copy, place.shown)
    for line in found:
        print(line)
    if not found:
        print(f"{place.shown}: whole and current (poollint {copy.version})")
        return CLEAN
    force = " --force" if copy.edited else ""
    _tell(f"`poollint vendor {place.shown}{force}` renews it, `poollint vendor --diff {place.shown}` shows the change")
    return FINDINGS


def _diff(place: Place) -> int:
    copy = vendor.read(place.folder)
    if copy is not None and not vendor.problems(copy, place.shown):
        return CLEAN
    sys.stdout.write(vendor.difference(copy, place.shown))
    return FINDINGS


def _write(place: Place, is_forced: bool) -> int:
    copy = vendor.read(place.folder)
    if copy is not None and copy.edited and not is_forced:
        names = ", ".join(copy.edited)
        raise UsageError(f"{place.shown}: edited since it was copied: {names}; --diff shows it, --force writes over it")
    module = pool_import.module_of(place.folder, place.root.folder, place.settings.src)
    pyproject = Path(place.root.folder, "pyproject.toml")
    record = _record(pyproject, module)  # what is wrong there is told before anything is written
    vendor.write(place.folder, copy)
    print(f"{place.shown}: the pool of poollint {__version__}{_before(copy)}; import it as {module}")
    if place.settings.pool_import == module:
        return CLEAN
    if record is None:
        _tell(f'set pool-import = "{module}" in [tool.poollint] of {_shown(pyproject)}: it could not be done for you')
        return CLEAN
    vendor.replace(pyproject, record)
    print(f'{_shown(pyproject)}: pool-import = "{module}"')
    return CLEAN


def _before(copy: vendor.Copy | None) -> str:
    return "" if copy is None or copy.version == __version__ else f", before of {copy.version}"


def _record(pyproject: Path, module: str) -> bytes | None:
    """The new content of pyproject.toml. None: there is no such file, which is not for us to make, or its table has a
    form that is better edited by hand."""
    if not pyproject.exists():
        return None
    shown = _shown(pyproject)
    toml_file.read(pyproject, shown)
    raw = pyproject.read_bytes()
    text = pool_import.recorded(raw.decode("utf-8-sig"), module)
    mark = raw[:3] if raw.startswith(b"\xef\xbb\xbf") else b""
    return None if text is None else mark + text.encode()


def _shown(path: Path) -> str:
    return displayed(path.as_posix(), Roots(os.getcwd()).working_directory)


def _tell(line: str) -> None:
    print(f"poollint: {line}", file=sys.stderr)
