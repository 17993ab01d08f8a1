"""How many processes and threads the files that start a service ask for: command lines and settings, read as text.

Pure: texts in, facts out. Nothing is executed, substituted or included; what holds a variable is not known.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import tomli

from poollint.model.declared import ServerFact
from poollint.model.server import Server, ServerSetting

STARTING = (
    "Procfile", "Procfile.*", "Dockerfile", "Dockerfile.*", "*.Dockerfile", "docker-compose*.yml",
    "docker-compose*.yaml", "compose.yml", "compose.yaml", "compose.*.yml", "compose.*.yaml", "supervisord*.conf",
    "*.service", "entrypoint*.sh", "start*.sh", "run*.sh", "*gunicorn*.sh", "*uwsgi*.sh", "*celery*.sh",
)  # fmt: skip
"""Names of files that may hold a server's command line."""
_ENV = re.compile(r"^[A-Za-z_]\w*=")
_LIMIT = re.compile(r"max[_-]connections\s*=\s*(\d+)")
_JSON_WORDS = re.compile(r"""["']((?:[^"'\\]|\\.)*)["']""")
_SECTION = re.compile(r"^\s*\[([^\]]+)\]\s*$")
_PAIR = re.compile(r"^\s*([\w.-]+)\s*[=:]\s*(.*?)\s*$")


class BadFileError(ValueError):
    """A file that cannot be read as what it is; why."""


@dataclass(frozen=True, slots=True)
class Said:
    """A word for a setting, and how a user finds it again."""

    word: str
    source: str


def is_of_interest(path: str, servers: Iterable[Server]) -> bool:
    """Whether a file may say how a service is run."""
    name = path.rpartition("/")[2]
    globs = (*STARTING, *(glob for server in servers for glob in server.files))
    return any(fnmatchcase(name, glob) for glob in globs)


def server_facts(path: str, text: str, servers: Sequence[Server]) -> list[ServerFact]:
    """What one file says; `BadFileError` where it is broken."""
    name = path.rpartition("/")[2]
    found: list[ServerFact] = []
    for server in servers:
        if any(fnmatchcase(name, glob) for glob in server.files):
            found += _of_settings(server, path, settings(path, text, server))
    if any(fnmatchcase(name, glob) for glob in STARTING):
        for number, words in command_lines(text):
            found += _of_command(path, number, words, servers)
    return list(dict.fromkeys(found))


def database_limit(path: str, text: str) -> tuple[int, str] | None:
    """`max_connections=200` of a database's command line in a file that starts services."""
    if not any(fnmatchcase(path.rpartition("/")[2], glob) for glob in STARTING):
        return None
    for number, line in enumerate(text.splitlines(), 1):
        match = None if line.lstrip().startswith("#") else _LIMIT.search(line)
        if match is not None:
            return int(match[1]), f"`{match[0]}` of {path}:{number}"
    return None


# --- command lines -------------------------------------------------------------------------------


def command_lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line, words) of what may be a command line: continuations joined, lists of texts as their words."""
    for number, line in _logical(text):
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", ";")):
            continue
        if _is_list(stripped):
            yield number, [match.group(1) for match in _JSON_WORDS.finditer(stripped)]
            continue
        try:
            yield number, shlex.split(stripped, comments=True)
        except ValueError:
            yield number, stripped.split()


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines, those that end in a backslash joined with the next; a list of texts that goes over lines as one."""
    joined, start = "", 0
    items: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        start = start or number
        if line.rstrip().endswith("\\"):
            joined += line.rstrip()[:-1] + " "
            continue
        whole, first = joined + line, start
        joined, start = "", 0
        item = re.match(r"^\s*-\s+(.*)$", whole)
        if item is not None:
            items.append(item.group(1).strip().strip("\"'"))
            continue
        if items:
            yield first - 1, " ".join(items)
            items = []
        yield first, whole
    if items or joined:
        yield start or 1, " ".join([*items, joined])


def _is_list(line: str) -> bool:
    return "[" in line and line.rstrip().endswith("]") and ("'" in line or '"' in line)


def _of_command(path: str, number: int, words: list[str], servers: Sequence[Server]) -> Iterator[ServerFact]:
    for server in servers:
        start = next((i for i, word in enumerate(words) if word.rpartition("/")[2] in server.programs), None)
        if start is None:
            continue
        given = words[start + 1 :]
        worker = _flag(server.worker, given)
        for role, setting, when in _roles(server):
            flag = _flag(setting, given)
            if flag is None or not flag[1].isdecimal() or not _holds(when, worker[1] if worker else ""):
                continue
            source = f"`{flag[0]}` of {path}:{number}"
            yield ServerFact(server.frameworks, role, int(flag[1]), server.noun, source)


def _roles(server: Server) -> tuple[tuple[str, ServerSetting, tuple[str, ...]], ...]:
    return (
        ("threads", server.threads, server.threads_when),
        ("processes", server.processes, server.processes_when),
    )


def _holds(when: tuple[str, ...], worker: str) -> bool:
    """Whether a setting means that with this kind of worker, named by its word or its class."""
    return not when or worker.rpartition(".")[2].lower() in when


def _flag(setting: ServerSetting, words: Sequence[str]) -> tuple[str, str] | None:
    """(as written, its value) of the last of a command line's flags of a setting."""
    found: tuple[str, str] | None = None
    for index, word in enumerate(words):
        for flag in setting.flags:
            if word == flag and index + 1 < len(words):
                found = (f"{flag} {words[index + 1]}", words[index + 1])
            elif flag.startswith("--") and word.startswith(f"{flag}="):
                found = (word, word.partition("=")[2])
            elif not flag.startswith("--") and word.startswith(flag) and word[len(flag) :].isdecimal():
                found = (word, word[len(flag) :])
    return found


# --- configuration files -------------------------------------------------------------------------


def settings(path: str, text: str, server: Server) -> dict[str, Said]:
    """Name -> what a configuration file gives it; names that hold anything but a plain literal are left out."""
    name = path.rpartition("/")[2]
    if name.endswith(".py"):
        return _of_python(path, text)
    if name.endswith(".toml"):
        return _of_toml(path, text, server.section)
    return _of_ini(path, text, server.section)


def _of_settings(server: Server, path: str, said: dict[str, Said]) -> Iterator[ServerFact]:
    worker = next((said[name].word for name in server.worker.names if name in said), "")
    for role, setting, when in _roles(server):
        for name in setting.names:
            given = said.get(name)
            if given is not None and given.word.isdecimal() and _holds(when, worker):
                yield ServerFact(server.frameworks, role, int(given.word), server.noun, given.source)


def _of_python(path: str, text: str) -> dict[str, Said]:
    """What the module itself binds to a literal, once."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadFileError(f"no Python: {error}") from None
    found: dict[str, Said] = {}
    several: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    several |= {target.id} & found.keys()
                    value = node.value if node in tree.body and not isinstance(node, ast.AugAssign) else None
                    shown = f"`{ast.unparse(node)}` of {path}:{node.lineno}"
                    found[target.id] = Said(_word(value), shown)
    return {name: said for name, said in found.items() if name not in several and said.word}


def _word(value: ast.expr | None) -> str:
    is_literal = isinstance(value, ast.Constant) and isinstance(value.value, (int, str))
    return str(value.value) if is_literal and isinstance(value, ast.Constant) else ""


def _of_toml(path: str, text: str, section: str) -> dict[str, Said]:
    try:
        data: Any = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise BadFileError(f"no TOML: {error}") from None
    table = data.get(section, {}) if section else data
    plain = table.items() if isinstance(table, dict) else ()
    return {
        key: Said(str(value), f"`{key} = {value}` of {path}")
        for key, value in plain
        if isinstance(value, (int, str)) and not isinstance(value, bool)
    }


def _of_ini(path: str, text: str, section: str) -> dict[str, Said]:
    found: dict[str, Said] = {}
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        header = _SECTION.match(line)
        if header is not None:
            current = header.group(1).strip()
            continue
        pair = _PAIR.match(line)
        if pair is not None and current == section and not line.lstrip().startswith(("#", ";")):
            key, value = pair.group(1), pair.group(2).partition(" #")[0].partition(" ;")[0].strip()
            found[key] = Said(value, f"`{key} = {value}` of {path}:{number}")
    return found
