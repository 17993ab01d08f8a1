"""The rules of the house: layers, names, sizes, documentation that is true."""

from __future__ import annotations

import ast
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from poollint.catalogue.catalogue import load_catalogue
from poollint.engine.run import Request, run
from poollint.model.rule import GROUPS, HEADINGS, OUTSIDE_THE_APPLICATION, TESTS, Rule
from poollint.rules import all_rules, stem

HOUSE = Path(__file__).parent.parent
PACKAGE = HOUSE / "poollint"
LAYERS = ("model", "syntax", "catalogue", "analysis", "rewrite", "rules", "engine", "frontends")
LIMIT = 300
THIRD_PARTY = {"libcst", "flake8", "tomli", "pathspec"}
MAY_IMPORT_LIBCST = re.compile(r"analysis/lower.*|syntax/(?:walker|positions)|rewrite/.*")
OWN_FINDINGS = ("CPL000",)
"""Rules whose documentation cannot show code that leads to them."""


@dataclass(frozen=True)
class Import:
    """`name` is dotted and absolute; `is_late` within a function, `is_for_types` under TYPE_CHECKING."""

    name: str
    line: int
    is_late: bool
    is_for_types: bool


def modules() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(HOUSE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def test_no_two_test_files_have_one_name() -> None:
    """pytest imports them by their base names."""
    names = [path.name for path in sorted((HOUSE / "tests").rglob("test_*.py"))]
    assert sorted(set(names)) == sorted(names)


@cache
def imports(module: str) -> tuple[Import, ...]:
    return tuple(_imports(module, MODULES[module]))


def _imports(module: str, path: Path) -> Iterator[Import]:
    waiting: list[tuple[ast.AST, bool, bool]] = [(ast.parse(path.read_text("utf-8")), False, False)]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    while waiting:
        node, is_late, is_for_types = waiting.pop()
        is_late |= isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        is_for_types |= isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, is_late, is_for_types) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{name}.{alias.name}"
                yield Import(inner if inner in MODULES else name, node.lineno, is_late, is_for_types)
        waiting += [(child, is_late, is_for_types) for child in ast.iter_child_nodes(node)]


def layer(module: str) -> str:
    return module.split(".")[1] if module.count(".") else ""


# --- layers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_its_own_layer_or_a_lower_one(module: str) -> None:
    if layer(module) not in (*LAYERS, "pool"):
        return
    wrong = []
    for imported in imports(module):
        if imported.name.split(".")[0] != "poollint":
            continue
        target = layer(imported.name)
        if layer(module) == "pool":
            allowed = target == "pool"
        else:
            allowed = target == "" or (target in LAYERS and LAYERS.index(target) <= LAYERS.index(layer(module)))
        if not allowed:
            wrong.append(f"line {imported.line}: {imported.name}")
    assert wrong == []


def test_every_module_is_in_a_layer() -> None:
    assert {layer(module) for module in MODULES} - {*LAYERS, "pool", "", "__main__"} == set()


def test_there_is_no_import_cycle() -> None:
    graph = {
        module: {imported.name for imported in imports(module) if imported.name in MODULES} - {module}
        for module in MODULES
    }
    while True:
        free = [module for module, needs in graph.items() if not needs & graph.keys()]
        if not free:
            break
        for module in free:
            del graph[module]
    held = {module: needs & graph.keys() for module, needs in graph.items()}
    only_in_cycles = {m for m in held if any(m in needs for needs in held.values())}
    assert {module: sorted(needs) for module, needs in held.items() if module in only_in_cycles} == {}


def test_the_package_itself_and_its_frontends_import_nothing() -> None:
    for module in MODULES.keys() & {"poollint", "poollint.frontends"}:
        assert [imported.name for imported in imports(module) if imported.name != "__future__"] == []


def test_only_the_agreed_libraries_are_imported() -> None:
    wrong = []
    for module in MODULES:
        for imported in imports(module):
            root = imported.name.split(".")[0]
            if root == "poollint" or root in sys.stdlib_module_names or root in THIRD_PARTY:
                continue
            wrong.append(f"{module}: {imported.name}")
    assert wrong == []


def test_libcst_is_imported_late_and_never_its_slow_parts() -> None:
    wrong = []
    for module, path in MODULES.items():
        name = path.relative_to(PACKAGE).with_suffix("").as_posix()
        for imported in imports(module):
            if re.match(r"libcst\.(?:matchers|codemod|metadata)\b", imported.name):
                wrong.append(f"{module}: {imported.name}")
            if imported.name.split(".")[0] != "libcst" or imported.is_late or imported.is_for_types:
                continue
            if not MAY_IMPORT_LIBCST.fullmatch(name):
                wrong.append(f"{module}: {imported.name} at module level")
    assert wrong == []


def test_only_the_plugin_touches_flake8_and_only_walks_touch_pathspec() -> None:
    users = {"flake8": set(), "pathspec": set()}  # type: dict[str, set[str]]
    for module in MODULES:
        for imported in imports(module):
            root = imported.name.split(".")[0]
            if root in users and not imported.is_for_types:
                users[root].add(f"{module}{'' if imported.is_late else ' (at module level)'}")
    plugin = ("poollint.frontends.flake8_plugin", "poollint.frontends.flake8_run")
    assert users["flake8"] <= set(plugin)
    assert users["pathspec"] == {"poollint.engine.gitignore"}


@pytest.mark.parametrize("module", ["poollint.rules", "poollint.engine.run", "poollint.frontends.flake8_plugin"])
def test_importing_does_not_bring_libcst(module: str) -> None:
    if module not in MODULES:
        pytest.skip(f"{module} does not exist")
    script = f"import sys, {module}\nfrom poollint.rules import all_rules\nall_rules()\n"
    script += "sys.exit(sorted(m for m in sys.modules if m.split('.')[0] == 'libcst') != [])"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


# --- sizes and words ------------------------------------------------------------------------------


def test_files_are_about_one_thing() -> None:
    sizes = {module: len(path.read_text("utf-8").splitlines()) for module, path in MODULES.items()}
    assert {module: size for module, size in sizes.items() if size > LIMIT} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [m for m, path in MODULES.items() if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == ["poollint.__main__"] or silent == []


def test_no_library_is_known_by_name_outside_the_catalogue() -> None:
    own = {"poollint"}  # a tool may say its own name
    roots = {root for library in load_catalogue(()).libraries for root in library.roots} - own
    named = re.compile(rf"(?:{'|'.join(map(re.escape, sorted(roots)))})(?:\.\w+)*")
    wrong = []
    for module, path in MODULES.items():
        if layer(module) not in ("syntax", "analysis", "rewrite", "rules", "engine"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and named.fullmatch(node.value):
                wrong.append(f"{module}:{node.lineno}: {node.value}")
    assert wrong == []


# --- rules ---------------------------------------------------------------------------------------

RULES = {rule.code: rule for rule in all_rules()}
of_each_rule = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))


@of_each_rule
def test_one_stem_everywhere(rule: Rule) -> None:
    assert Path(sys.modules[rule.check.__module__].__file__ or "").stem == stem(rule)
    if rule.group:
        assert (HOUSE / "fixtures" / stem(rule)).is_dir()


def test_fixture_folders_are_of_rules() -> None:
    folders = {path.name for path in (HOUSE / "fixtures").glob("cpl*") if path.is_dir()}
    assert folders <= {stem(rule) for rule in RULES.values()}


@of_each_rule
def test_codes_and_names(rule: Rule) -> None:
    assert re.fullmatch(r"CPL\d{3}", rule.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.name not in GROUPS.values()
    assert [other.code for other in RULES.values() if other.name == rule.name] == [rule.code]


@of_each_rule
def test_rules_of_an_applications_life_are_those_that_roles_hold_back(rule: Rule) -> None:
    """A test that blocks its own event loop or holds two harms nobody, and one that raises has failed; what it leaks
    may exhaust the next test's pool."""
    of_life = rule.code[:4] in ("CPL2", "CPL4", "CPL5", "CPL6")
    harmless = rule.code[:4] == "CPL3" or rule.code in ("CPL102", "CPL110")
    assert rule.silent_in == (OUTSIDE_THE_APPLICATION if of_life else TESTS if harmless else ())


@of_each_rule
def test_documentation_is_whole(rule: Rule) -> None:
    assert tuple(re.findall(r"^## (.+)$", rule.doc, re.MULTILINE)) == HEADINGS
    sections = re.split(r"^## .+$", rule.doc, flags=re.MULTILINE)
    assert all(section.strip() for section in sections)
    assert "\n" not in sections[0].strip()


def blocks(rule: Rule, heading: str) -> list[str]:
    section = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", rule.doc, re.MULTILINE | re.DOTALL)
    assert section is not None
    return re.findall(r"^```python\n(.*?)^```$", section[1], re.MULTILINE | re.DOTALL)


def settings_above(text: str) -> str:
    """The project's settings: comments at the top of an example that begin with a table of ours."""
    head = [line.removeprefix("# ") for line in itertools.takewhile(lambda line: line[:2] == "# ", text.splitlines())]
    return "\n".join(head) + "\n" if head and head[0].startswith("[tool.poollint") else "[tool.poollint]\n"


def said_of(text: str, folder: Path) -> set[str]:
    """The codes of what is said of a module of an application, under all rules."""
    (folder / "example.py").write_text(text, "utf-8")
    (folder / "pyproject.toml").write_text(settings_above(text), "utf-8")
    overrides = {"select": ("ALL",), "jobs": 1}
    report = run(Request(("example.py",), overrides, working_directory=str(folder)))
    assert report.errors == ()
    return {finding.code for finding in report.findings if finding.suppressed is None}


@of_each_rule
def test_what_the_documentation_calls_bad_is_found(rule: Rule, tmp_path: Path) -> None:
    if rule.code in OWN_FINDINGS:
        return
    shown = blocks(rule, "Bad")
    assert shown
    for text in shown:
        assert rule.code in said_of(text, tmp_path), text


@of_each_rule
def test_what_the_documentation_calls_good_is_silent(rule: Rule, tmp_path: Path) -> None:
    if rule.code in OWN_FINDINGS:
        return
    shown = blocks(rule, "Good")
    assert shown
    for text in shown:
        assert rule.code not in said_of(text, tmp_path), text
