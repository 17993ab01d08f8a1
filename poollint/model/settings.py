"""Every option, declared once: name, type, default, meaning. Flags, TOML keys, flake8 options, documentation and
the JSON Schema come from here."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

DEFAULT_EXCLUDES = (
    ".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox",
    ".pants.d", ".poollint_cache", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".svn", ".tox", ".venv",
    ".vscode", "__pypackages__", "_build", "buck-out", "build", "dist", "node_modules", "site-packages", "venv",
)  # fmt: skip


FLAG_GROUPS = {
    "fixing": "what is repaired",
    "rules": "which rules speak",
    "files": "which files are read",
    "output": "what is printed",
    "running": "how it runs",
    "configuration": "where settings come from",
}
"""Groups of flags in `--help`, in its order, with what they are about."""


def option(
    default: Any,
    doc: str,
    *,
    flag: str = "",
    short: str = "",
    group: str = "rules",
    choices: tuple[str, ...] = (),
    example: str = "",
) -> Any:
    """A dataclass field that carries its documentation; `flag` "" means: settable in TOML only.

    `short` is the flag of one letter, `group` one of `FLAG_GROUPS`, `example` a value in TOML.
    """
    metadata = {"doc": doc, "flag": flag, "short": short, "group": group, "choices": choices, "example": example}
    if isinstance(default, (dict, list)):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Concurrency:
    """`[tool.poollint.concurrency]`: what the sizing rules compare with; None = not declared."""

    workers: int | None = option(None, "processes of the service on one host")
    threads: int | None = option(None, "threads that serve requests in one process")
    tasks: int | None = option(None, "asyncio tasks that serve requests at once in one process")
    hosts: int | None = option(None, "hosts that run the service")
    database_max_connections: int | None = option(None, "the database's limit on connections")
    database_reserved: int | None = option(None, "connections of it that are kept for others; 3 unless said")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run was asked to do. Paths and globs are as written, relative to the file that set them."""

    select: tuple[str, ...] = option(
        ("DEFAULT",), "codes, names, prefixes or groups to report", flag="--select", example='["CPL1", "leak"]'
    )
    ignore: tuple[str, ...] = option((), "codes, names, prefixes or groups not to report", flag="--ignore")
    extend_select: tuple[str, ...] = option((), "added to `select`", flag="--extend-select")
    extend_ignore: tuple[str, ...] = option((), "added to `ignore`", flag="--extend-ignore")
    per_file_ignores: dict[str, tuple[str, ...]] = option(
        {}, "glob -> what not to report there; `!` in front of a glob negates", flag="--per-file-ignores"
    )
    min_severity: str = option(
        "info", "lowest severity to report", flag="--min-severity", choices=("info", "warning", "error")
    )
    min_confidence: str = option(
        "medium", "lowest confidence to report", flag="--min-confidence", choices=("low", "medium", "high")
    )
    fail_on: str = option(
        "warning",
        "lowest severity that makes the exit status 1",
        flag="--fail-on",
        choices=("info", "warning", "error"),
    )
    severity: dict[str, str] = option({}, "code or prefix -> severity, in place of the rule's own")
    fix: bool = option(False, "apply the safe fixes", flag="--fix", group="fixing")
    unsafe_fixes: bool = option(
        False, "with `fix`: apply also the fixes that need a look", flag="--unsafe-fixes", group="fixing"
    )
    fix_only: bool = option(False, "apply fixes, and report nothing of what is left", flag="--fix-only", group="fixing")
    show_fixes: bool = option(False, "list what was fixed, what was not and why", flag="--show-fixes", group="fixing")
    fixable: tuple[str, ...] = option(
        ("ALL",), "codes, names, prefixes or groups whose fixes may be applied", flag="--fixable", group="fixing"
    )
    unfixable: tuple[str, ...] = option(
        (), "codes, names, prefixes or groups whose fixes may not be applied", flag="--unfixable", group="fixing"
    )
    exit_non_zero_on_fix: bool = option(
        False, "exit with 1 also when all was fixed", flag="--exit-non-zero-on-fix", group="fixing"
    )
    fix_target: str = option(
        "reference",
        "where fixes lead that have a choice: to the bundled pool, where its import is known to be there, or to "
        "the library's own idiom; when set to `reference`, also where that is not known",
        flag="--fix-target",
        group="fixing",
        choices=("reference", "library"),
    )
    exclude: tuple[str, ...] = option(DEFAULT_EXCLUDES, "globs never walked into", flag="--exclude", group="files")
    extend_exclude: tuple[str, ...] = option((), "added to `exclude`", flag="--extend-exclude", group="files")
    force_exclude: bool = option(
        False, "exclude also files named on the command line", flag="--force-exclude", group="files"
    )
    respect_gitignore: bool = option(True, "leave out what git ignores", flag="--respect-gitignore", group="files")
    src: tuple[str, ...] = option(
        (".", "src"), "folders that absolute imports start from, below the project root", group="files"
    )
    pool_import: str = option(
        "poollint.pool",
        "module that the reference pool is imported from; `poollint vendor` makes one and sets this",
        group="files",
        example='"app._pool"',
    )
    roles: dict[str, tuple[str, ...]] = option(
        {}, "role (tests, migrations, examples, docs, application) -> globs, before the built-in ones"
    )
    output_format: str = option(
        "full",
        "how findings are printed",
        flag="--output-format",
        group="output",
        choices=("full", "concise", "json", "github"),
    )
    jobs: int = option(0, "processes; 0 = as many as pay", flag="--jobs", short="-j", group="running")
    cache_dir: str = option(
        ".poollint_cache",
        "folder of the cache, below the project root",
        flag="--cache-dir",
        group="running",
    )
    concurrency: Concurrency = option(Concurrency(), "what the project declares of its own concurrency")
    load: dict[str, dict[str, float]] = option(
        {},
        "pool, by its name, -> `qps` (acquires a second of one process) and `hold` (milliseconds, on average)",
        example="{ engine = { qps = 200, hold = 10 } }",
    )
    library: tuple[dict[str, Any], ...] = option((), "catalogue tables that teach wrappers and in-house pools")


@dataclass(frozen=True, slots=True)
class Depths:
    """Which short cuts the index takes. With each one off the report must be the same: that is their test."""

    scan: bool = True
    """Leave files alone whose bytes cannot matter."""
    outline: bool = True
    """Read files that only answer questions by `ast`, and lower by LibCST only where there may be a site."""
    units: bool = True
    """Lower no more of a file than the functions and statements that something is told of."""


OPTIONS = {item.name: item for item in fields(Settings)}
