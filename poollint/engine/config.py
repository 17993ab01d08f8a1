"""Settings of a project: pyproject.toml files merged from the outermost to the nearest, then flags.

Nothing that a file says is executed or formatted; it is compared and matched only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from poollint.engine import options, toml_file
from poollint.engine.errors import UsageError, listed
from poollint.engine.globs import Glob
from poollint.engine.pool_import import is_module
from poollint.engine.roots import Root, Roots, displayed
from poollint.engine.select import SELECTORS, unknown_selector
from poollint.engine.toml_file import TomlFile
from poollint.model.settings import OPTIONS, Settings

ROLES = ("tests", "migrations", "examples", "docs", "application")


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place says: a file, or the flags. `base` is the absolute folder that its globs are anchored at."""

    values: dict[str, Any]
    base: str
    origin: str
    file: TomlFile | None = None
    table: tuple[str, ...] = ()

    def wrong(self, name: str, message: str, inner: tuple[str | int, ...] = ()) -> UsageError:
        """The error for one of its values."""
        key = options.key_of(name)
        if self.file is None:
            flag = OPTIONS[name].metadata["flag"] or key
            return UsageError(f"{flag}: {message}")
        shown = ".".join([key, *(part for part in inner if isinstance(part, str))])
        return self.wrong_at((key, *inner), f'"{shown}": {message}')

    def wrong_at(self, keys: tuple[str | int, ...], message: str) -> UsageError:
        """The error for what stands under `keys` of its table; the message says which key that is."""
        if self.file is None:
            return UsageError(message)
        return self.file.wrong((*self.table, *keys), message)


@dataclass(frozen=True, slots=True)
class FileIgnores:
    """What not to report in the files that `glob` covers, or in all others when `negated`."""

    glob: Glob
    negated: bool
    selectors: tuple[str, ...]

    def holds_for(self, path: str) -> bool:
        return self.glob.covers(path) is not self.negated


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one project, with its globs anchored. `origins` says who set what: a file's name or
    "flags"."""

    settings: Settings = field(default_factory=Settings)
    exclude: tuple[Glob, ...] = ()
    file_ignores: tuple[FileIgnores, ...] = ()
    roles: tuple[tuple[str, Glob], ...] = ()
    origins: dict[str, str] = field(default_factory=dict)
    libraries: tuple[tuple[str, dict[str, Any]], ...] = ()
    """(where it stands, the table) of `[[tool.poollint.library]]`."""


class Configs:
    """The configuration of each project of a run, read when first asked for."""

    def __init__(self, roots: Roots, overrides: Mapping[str, object], config: str | None = None) -> None:
        self.roots = roots
        self._flags = flags_layer(overrides, roots.working_directory)
        self._explicit = None if config is None else self._explicit_layer(config)
        self._known: dict[str, Config] = {}
        self._layers: dict[Path, Layer] = {}

    def of(self, root: Root) -> Config:
        """The configuration that holds in a project; `UsageError` where a file of its is wrong."""
        if root.folder not in self._known:
            self._known[root.folder] = merged([*self._of_files(root), self._flags], root.folder)
        return self._known[root.folder]

    def _of_files(self, root: Root) -> list[Layer]:
        if self._explicit is not None:
            return [self._explicit]
        if self.roots.is_isolated or not root.is_whole:
            return []
        return [self._layer(path) for path in self.roots.configured_from(root.folder)]

    def _layer(self, path: Path) -> Layer:
        if path not in self._layers:
            shown = displayed(path.as_posix(), self.roots.working_directory)
            self._layers[path] = file_layer(toml_file.read(path, shown), ("tool", "poollint"))
        return self._layers[path]

    def _explicit_layer(self, name: str) -> Layer:
        """`--config FILE`: our table of a pyproject.toml; any other file may also say its keys at the top."""
        file = toml_file.read(Path(self.roots.working_directory, name), name)
        is_plain = file.path.name != "pyproject.toml" and "tool" not in file.data
        return file_layer(file, () if is_plain else ("tool", "poollint"))


def flags_layer(overrides: Mapping[str, object], working_directory: str) -> Layer:
    """Flags by field of `Settings`; their globs are relative to the working directory."""
    layer = Layer(dict(overrides), working_directory, "flags")
    for name, value in overrides.items():
        if name not in OPTIONS:
            raise UsageError(options.unknown_key(options.key_of(name)))
        try:
            layer.values[name] = options.from_toml(name, _listed(value))
        except options.WrongValueError as error:
            raise layer.wrong(name, str(error)) from None
    _check_words(layer)
    return layer


def _listed(value: object) -> object:
    """Flags may come as lists or tuples; TOML knows lists only."""
    if isinstance(value, tuple):
        return list(value)
    return value


def file_layer(file: TomlFile, table: tuple[str, ...]) -> Layer:
    """What the table of a file says; `UsageError` names file, line, key and what was expected."""
    data: Any = file.data
    for count, key in enumerate(table, 1):
        data = data.get(key, {})
        if not isinstance(data, dict):
            raise file.wrong(table[:count], f'"{key}": expected a table')
    layer = Layer({}, file.path.parent.resolve().as_posix(), file.shown, file, table)
    for key, value in data.items():
        name = options.name_of(key)
        if name is None:
            raise file.wrong((*table, key), options.unknown_key(key))
        try:
            layer.values[name] = options.from_toml(name, value)
        except options.WrongValueError as error:
            raise layer.wrong(name, str(error), error.inner) from None
    _check_words(layer)
    return layer


def _check_words(layer: Layer) -> None:
    """Rule selectors, severities, roles and user libraries are words that others know."""
    for name, word, inner in _selectors(layer.values):
        problem = unknown_selector(word)
        if problem:
            raise layer.wrong(name, problem, inner)
    for word, severity in layer.values.get("severity", {}).items():
        choices = OPTIONS["min_severity"].metadata["choices"]
        if severity not in choices:
            expected = listed(choices)
            raise layer.wrong("severity", f'expected {expected}, got "{severity}"', (word,))
    for role in layer.values.get("roles", {}):
        if role not in ROLES:
            raise layer.wrong("roles", f'unknown role "{role}"; expected {listed(ROLES)}', (role,))
    _check_pool_import(layer)
    _check_libraries(layer)


def _check_pool_import(layer: Layer) -> None:
    name = layer.values.get("pool_import", "")
    if name and not is_module(name):
        raise layer.wrong("pool_import", f'expected the dotted name of a module, got "{name}"')


def _selectors(values: Mapping[str, Any]) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    """(option, word, key within the option) of every word that names rules."""
    for name in (*SELECTORS, "fixable", "unfixable"):
        yield from ((name, word, ()) for word in values.get(name, ()))
    for glob, words in values.get("per_file_ignores", {}).items():
        yield from (("per_file_ignores", word, (glob,)) for word in words)
    yield from (("severity", word, (word,)) for word in values.get("severity", {}))


def _check_libraries(layer: Layer) -> None:
    if not layer.values.get("library"):
        return
    from poollint.catalogue.load import CatalogueError, user_library

    for number, table in enumerate(layer.values["library"]):
        try:
            user_library(table, f"library[{number}]")
        except CatalogueError as error:
            raise layer.wrong_at(("library", number, *error.keys), str(error)) from None


def merged(layers: list[Layer], folder: str) -> Config:
    """The settings that the layers give, the outermost first; defaults are anchored at the project's folder."""
    settings = Settings()
    origins: dict[str, str] = {}
    excludes: dict[str, tuple[Glob, ...]] = {"exclude": _globs(settings.exclude, folder), "extend_exclude": ()}
    ignores: tuple[FileIgnores, ...] = ()
    roles: tuple[tuple[str, Glob], ...] = ()
    libraries: tuple[tuple[str, dict[str, Any]], ...] = ()
    for layer in layers:
        changes = {name: options.combined(name, getattr(settings, name), value) for name, value in layer.values.items()}
        settings = replace(settings, **changes)
        origins.update(dict.fromkeys(layer.values, layer.origin))
        if "exclude" in layer.values:
            excludes["exclude"] = _globs(layer.values["exclude"], layer.base)
        excludes["extend_exclude"] += _globs(layer.values.get("extend_exclude", ()), layer.base)
        ignores += tuple(_file_ignores(layer))
        roles = (*_roles(layer), *roles)
        libraries += tuple((layer.origin, table) for table in layer.values.get("library", ()))
    exclude = (*excludes["exclude"], *excludes["extend_exclude"])
    return Config(settings, exclude, ignores, roles, origins, libraries)


def _globs(patterns: Iterable[str], base: str) -> tuple[Glob, ...]:
    return tuple(Glob(base, pattern) for pattern in patterns)


def _file_ignores(layer: Layer) -> Iterable[FileIgnores]:
    for pattern, selectors in layer.values.get("per_file_ignores", {}).items():
        negated = pattern.startswith("!")
        yield FileIgnores(Glob(layer.base, pattern.removeprefix("!")), negated, selectors)


def _roles(layer: Layer) -> Iterable[tuple[str, Glob]]:
    for role, patterns in layer.values.get("roles", {}).items():
        yield from ((role, Glob(layer.base, pattern)) for pattern in patterns)
