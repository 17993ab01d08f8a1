"""Where findings and steps stand, in any encoding and layout."""

from __future__ import annotations

import libcst as cst
import pytest

from poollint.analysis.lowering import Lowered, lower
from poollint.engine.locate import locate
from poollint.model.finding import Confidence, Finding, Location, Severity, Step, Verdict
from poollint.model.fix import AddKeywords, Applicability, FixPlan
from poollint.model.span import Place
from poollint.syntax.source import Source, SourceError


class Files:
    """Texts by path, each parsed once."""

    def __init__(self, **texts: str | bytes) -> None:
        self.texts = {name.replace("_py", ".py"): text for name, text in texts.items()}
        self.parsed: dict[str, tuple[Source, Lowered]] = {}

    def _both(self, path: str) -> tuple[Source, Lowered]:
        if path not in self.parsed:
            text = self.texts[path]
            source = Source(path, text if isinstance(text, bytes) else text.encode())
            self.parsed[path] = (source, lower(source.tree, path))
        return self.parsed[path]

    def source(self, path: str) -> Source:
        return self._both(path)[0]

    def lowered(self, path: str) -> Lowered:
        return self._both(path)[1]

    def place(self, path: str, function: str, kind: type, nth: int = 1) -> Place:
        nodes = self.lowered(path).nodes[function]
        return Place(path, function, [i for i, node in enumerate(nodes) if isinstance(node, kind)][nth - 1])

    def located(self, *verdicts: Verdict) -> tuple[Finding, ...]:
        return locate(
            verdicts,
            verdicts[0].place.path,
            self.lowered,
            self.source,
            lambda verdict: verdict.severity or Severity.WARNING,
            lambda path: f"./{path}",
            lambda code: f"name-of-{code}",
        )


def verdict(place: Place, *steps: Step, plans: tuple[FixPlan, ...] = (), code: str = "CPL101") -> Verdict:
    return Verdict(code, place, "message", Confidence.HIGH, steps=steps, why="why", help="help", plans=plans)


def whole(location: Location) -> tuple[int, int, int, int]:
    return (location.line, location.column, location.end_line, location.end_column)


def primary(text: str | bytes, kind: type, function: str = "<module>", nth: int = 1) -> tuple[int, int, int, int]:
    files = Files(a_py=text)
    return whole(files.located(verdict(files.place("a.py", function, kind, nth)))[0].location)


def step(text: str, kind: type, function: str = "<module>") -> tuple[int, int, int, int]:
    files = Files(a_py=text)
    place = files.place("a.py", function, kind)
    return whole(files.located(verdict(place, Step("note", place, "here")))[0].steps[0].location)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = make(1)\n", (1, 5, 1, 12)),
        ("x = (\n    make(1)\n)\n", (2, 5, 2, 12)),
        ("x = make(\n    1,\n)\n", (1, 5, 3, 2)),
        ("größe = 'ü'; x = make('😀')", (1, 18, 1, 27)),
        ("\tx = make()\n".replace("\t", "if y:\n\t"), (2, 6, 2, 12)),
        ("a = 1\r\nx = make()\r\n", (2, 5, 2, 11)),
        ("a = 1 + \\\n  make()\n", (2, 3, 2, 9)),
        ("\x0cx = make()\n", (1, 6, 1, 12)),
        (b"\xef\xbb\xbfx = make()\n", (1, 5, 1, 11)),
        (b"# coding: latin-1\nx = '\xfc' + make()\n", (2, 11, 2, 17)),
    ],
)
def test_an_expression_is_found_in_any_layout(text: str | bytes, expected: tuple[int, ...]) -> None:
    assert primary(text, cst.Call) == expected


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("x = make()\n", cst.Assign, (1, 5, 1, 11)),
        ("x: int = make()\n", cst.AnnAssign, (1, 10, 1, 16)),
        ("x += make()\n", cst.AugAssign, (1, 6, 1, 12)),
        ("make()\n", cst.Expr, (1, 1, 1, 7)),
        ("for x in make(): pass\n", cst.For, (1, 10, 1, 16)),
        ("while make(): pass\n", cst.While, (1, 7, 1, 13)),
        ("with make() as x: pass\n", cst.With, (1, 6, 1, 12)),
        ("del x\n", cst.Del, (1, 5, 1, 6)),
    ],
)
def test_a_finding_stands_on_one_expression(text: str, kind: type, expected: tuple[int, ...]) -> None:
    assert primary(text, kind) == expected


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("x = make()\n", cst.Assign, (1, 1, 1, 11)),
        ("make()  # why\n", cst.Expr, (1, 1, 1, 7)),
        ("for x in make():\n    pass\n", cst.For, (1, 1, 1, 16)),
        ("if make() and (\n    x):\n    pass\nelse:\n    pass\n", cst.If, (1, 1, 2, 7)),
        ("with a() as x, b() as y:\n    pass\n", cst.With, (1, 1, 1, 24)),
        ("with a(), b():\n    pass\n", cst.With, (1, 1, 1, 14)),
        ("try:\n    pass\nexcept OSError as e:\n    pass\n", cst.Try, (1, 1, 1, 4)),
        ("try:\n    pass\nexcept OSError as e:\n    pass\n", cst.ExceptHandler, (3, 1, 3, 20)),
        ("try:\n    pass\nexcept:\n    pass\n", cst.ExceptHandler, (3, 1, 3, 7)),
        ("@deco\ndef f():\n    pass\n", cst.FunctionDef, (2, 5, 2, 6)),
        ("class A(B):\n    pass\n", cst.ClassDef, (1, 7, 1, 8)),
        ("match x:\n    case 1 if y:\n        pass\n", cst.MatchCase, (2, 5, 2, 16)),
        ("break_ = 1\nraise E from e\n", cst.Raise, (2, 1, 2, 15)),
    ],
)
def test_a_step_is_a_statement_or_its_header(text: str, kind: type, expected: tuple[int, ...]) -> None:
    assert step(text, kind) == expected


def test_a_function_is_shown_by_its_name() -> None:
    files = Files(a_py="async def f(a):\n    return g()\n")
    entry = Place("a.py", "f", files.lowered("a.py").form.functions["f"].ordinal)
    found = files.located(verdict(files.place("a.py", "f", cst.Call), Step("call", entry, "enters")))
    assert whole(found[0].steps[0].location) == (1, 11, 1, 12)


def test_a_modules_own_place_is_its_start() -> None:
    files = Files(a_py="# x\ng()\n")
    entry = Step("call", Place("a.py", "<module>", -1), "")
    found = files.located(verdict(files.place("a.py", "<module>", cst.Call), entry))
    assert whole(found[0].steps[0].location) == (1, 1, 1, 1)


def test_steps_of_other_files_are_found_there() -> None:
    files = Files(a_py="f()\n", b_py="def f():\n    g()\n")
    there = Step("call", files.place("b.py", "f", cst.Call), "calls")
    found = files.located(verdict(files.place("a.py", "<module>", cst.Call), there))
    assert found[0].steps[0].location == Location("./b.py", 2, 5, 2, 8)
    assert found[0].location == Location("./a.py", 1, 1, 1, 4)


def test_only_files_in_which_something_stands_are_parsed() -> None:
    files = Files(a_py="f()\n", b_py="f()\n")
    files.located(verdict(Place("a.py", "<module>", 0)))
    assert set(files.parsed) == {"a.py"}
    assert locate((), "b.py", files.lowered, files.source, lambda v: Severity.INFO, str) == ()
    assert set(files.parsed) == {"a.py"}


def test_a_step_in_a_file_that_does_not_parse_is_left_out() -> None:
    files = Files(a_py="f()\n", b_py="def f(:\n")
    place = files.place("a.py", "<module>", cst.Call)
    found = files.located(verdict(place, Step("call", Place("b.py", "f", 0), ""), Step("note", place, "kept")))
    assert [s.text for s in found[0].steps] == ["kept"]


def test_a_judged_file_that_does_not_parse_is_an_error() -> None:
    with pytest.raises(SourceError):
        Files(a_py="def f(:\n").located(verdict(Place("a.py", "f", 0)))


def test_a_place_that_is_not_there_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"a\.py: no node 7 in f"):
        Files(a_py="def f(): pass\n").located(verdict(Place("a.py", "f", 7)))


def test_findings_are_sorted_and_complete() -> None:
    files = Files(a_py="f()\ng()\n")
    first, second = files.place("a.py", "<module>", cst.Call), files.place("a.py", "<module>", cst.Call, 2)
    found = files.located(verdict(second), verdict(first, code="CPL102"), verdict(first))
    assert [(f.location.line, f.code, f.name) for f in found] == [
        (1, "CPL101", "name-of-CPL101"),
        (1, "CPL102", "name-of-CPL102"),
        (2, "CPL101", "name-of-CPL101"),
    ]
    assert (found[0].why, found[0].help, found[0].severity) == ("why", "help", Severity.WARNING)


# --- fixes and fingerprints ----------------------------------------------------------------------


def plan(place: Place, name: str = "b") -> FixPlan:
    return FixPlan(f"add {name}", Applicability.UNSAFE, AddKeywords(place, ((name, "1"),)), "look at it")


def test_plans_become_fixes_best_first() -> None:
    files = Files(a_py="f(a=1)\n")
    place = files.place("a.py", "<module>", cst.Call)
    (found,) = files.located(verdict(place, plans=(plan(place, "b"), plan(place, "c"))))
    assert [(f.title, f.applicability, f.edits[0].text) for f in found.fixes] == [
        ("add b", Applicability.UNSAFE, ", b=1"),
        ("add c", Applicability.UNSAFE, ", c=1"),
    ]
    assert found.fix == found.fixes[0]


def test_a_refused_plan_is_shown_and_the_next_is_best() -> None:
    files = Files(a_py="f(b=1)\n")
    place = files.place("a.py", "<module>", cst.Call)
    (found,) = files.located(verdict(place, plans=(plan(place, "b"), plan(place, "c"))))
    assert (found.fixes[0].applicability, found.fixes[0].reason) == (Applicability.SHOWN, "it is set already")
    assert found.fix == found.fixes[1]


def fingerprints(text: str, *, path: str = "a.py") -> list[str]:
    files = Files()
    files.texts[path] = text
    functions = files.lowered(path).nodes
    numbered = [(name, i, node) for name, nodes in functions.items() for i, node in enumerate(nodes)]
    places = [Place(path, name, i) for name, i, node in numbered if isinstance(node, cst.Call)]
    return [found.fingerprint for found in files.located(*map(verdict, places))]


def test_a_fingerprint_does_not_know_lines_and_layout() -> None:
    moved = "import x\n\n\ndef f():\n    g(  # c\n        1\n    )\n"
    assert fingerprints("def f():\n    g(1)\n") == fingerprints(moved)
    assert all(len(one) == 16 for one in fingerprints("g(1)\n"))


@pytest.mark.parametrize("text", ["def f():\n    g(2)\n", "def h():\n    g(1)\n"])
def test_a_fingerprint_knows_function_and_tokens(text: str) -> None:
    assert fingerprints("def f():\n    g(1)\n") != fingerprints(text)


def test_a_fingerprint_knows_the_path_and_the_number_among_equals() -> None:
    assert fingerprints("g(1)\n") != fingerprints("g(1)\n", path="b.py")
    both = fingerprints("g(1)\ng(1)\n")
    assert len(set(both)) == 2
    assert both[:1] == fingerprints("g(1)\n")


def test_a_lambda_further_up_does_not_change_a_fingerprint() -> None:
    one, two = fingerprints("x = lambda: g(1)\n"), fingerprints("y = lambda: 0\nx = lambda: g(1)\n")
    assert one == two
