"""The guard: what LibCST cannot bear is refused, what people write is not."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from deep_programs import BLOCKS, PATTERNS, SHAPES

from poollint.syntax.guard import BLOCK_LIMIT, DEPTH_LIMIT, PATTERN_LIMIT, REASON, too_deep
from poollint.syntax.source import Source, SourceError

PARSE = """
import sys
from poollint.syntax.source import Source, SourceError
try:
    Source("deep.py", sys.stdin.buffer.read()).tree
except SourceError as error:
    print(f"{error.line}: {error.reason}")
"""
BARE = "import sys, libcst; libcst.parse_module(sys.stdin.read())"
DEADLY = 3_000


def run(code: str, text: str, seconds: float = 20) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], input=text, capture_output=True, text=True, timeout=seconds, check=False
    )


def test_bare_libcst_dies_of_nested_parentheses() -> None:
    assert run(BARE, SHAPES["parentheses"](DEADLY)).returncode < 0


def test_bare_libcst_stalls_on_a_nested_pattern() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run(BARE, PATTERNS["mappings"](14), seconds=3)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_deep_program_is_refused_in_a_process_of_its_own(shape: str) -> None:
    done = run(PARSE, SHAPES[shape](DEADLY))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f": {REASON}\n")


@pytest.mark.parametrize("shape", PATTERNS)
def test_a_deep_pattern_is_refused(shape: str) -> None:
    assert too_deep(PATTERNS[shape](PATTERN_LIMIT + 1)) == 2


def test_nested_blocks_are_refused_before_python_itself_stops() -> None:
    with pytest.raises(SourceError, match=REASON):
        _ = Source("deep.py", BLOCKS(150).encode()).tree
    assert too_deep(BLOCKS(BLOCK_LIMIT - 1)) is None


@pytest.mark.parametrize("shape", SHAPES)
def test_a_hundred_levels_are_parsed(shape: str) -> None:
    if shape == "never closed":
        return
    text = SHAPES[shape](90)
    assert Source("fine.py", text.encode()).tree.code == text


@pytest.mark.parametrize("shape", PATTERNS)
def test_patterns_that_people_write_are_parsed_at_once(shape: str) -> None:
    started = time.process_time()
    _ = Source("fine.py", PATTERNS[shape](PATTERN_LIMIT - 1).encode()).tree
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ("long list", "x = [\n" + "    'abc',\n" * 20_000 + "]\n"),
        ("long dict", "x = {\n" + "    'a': f(1).b + 2,\n" * 5_000 + "}\n"),
        ("long tuple of calls", "x = (" + "f(a.b.c(1)), " * 2_000 + ")\n"),
        ("many statements", "x.y.z(1)[2] += a + b * c\n" * 5_000),
        ("statements on a line", "x = a.b;" * 500 + "\n"),
        ("implicit concatenation", "x = (\n" + "    'abc'\n" * 1_000 + ")\n"),
        ("long condition", "x = " + " and ".join(f"a.b.c{i} == d[{i}]" for i in range(190)) + "\n"),
        ("long sum of attributes", "x = " + " + ".join(f"a.b{i}.c()" for i in range(190)) + "\n"),
        ("many branches", "".join(f"if a == {i}:\n    pass\nelif b:\n    pass\n" for i in range(500))),
        ("many f-strings", "x = [" + "f'{a.b}{c!r:>{d}} {{}}', " * 2_000 + "]\n"),
    ],
)
def test_big_ordinary_files_are_not_refused(shape: str, size: str) -> None:
    assert too_deep(size) is None


@pytest.mark.parametrize(
    "text",
    [
        "# it's (((( not [ closed\n" * 300,
        "x = '((((((((((' # \"\n" * 300,
        '"""\n' + "(((( don't\n" * 300 + '"""\n',
        'x = f"{a["b"]} ( {c[\'(\']}"\n' * 300,
        "x = f'{a!r:>{b}} {{ (('\n" * 300,
        "x = rf'\\{a}(' + r'\\'\n" * 300,
        "x = 'a\\\n(((((((('\n" * 300,
        "x = b'(((' + rb\"(((\" + Rb'''((('''\n" * 300,
        "if a: x = f'''{\nb}(('''\n" * 300,
    ],
)
def test_brackets_in_strings_and_comments_do_not_count(text: str) -> None:
    assert too_deep(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "x = 'abc\n" + "(" * DEADLY + ")" * DEADLY + "\n",
        "(" * DEADLY + ")" * DEADLY + "\nx = '''abc\n",
        'x = "' + "(" * DEADLY + "\n",
    ],
)
def test_a_string_that_nothing_ends_is_the_parsers_to_tell(text: str) -> None:
    done = run(PARSE, text)
    assert done.returncode == 0
    assert "unterminated" in done.stdout


def test_an_f_string_that_nothing_ends_does_not_fool_it() -> None:
    done = run(PARSE, "x = f'''{a\n" + "(" * DEADLY + ")" * DEADLY + "\n")
    assert (done.returncode, done.stdout) == (0, f"2: {REASON}\n")


def test_a_bracket_that_nothing_closes_does_not_hide_the_syntax_error() -> None:
    text = "x = (1\n" + "def f(a):\n    return a.b + 1\n" * 200
    with pytest.raises(SourceError, match="invalid syntax"):
        _ = Source("broken.py", text.encode()).tree


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\r\n\r\nx = " + "(" * 300 + ")" * 300, 3),
        ("a = 1\rx = " + "(" * 300 + ")" * 300, 2),
        ("'''\n\n'''\n# c\nx = \\\n" + "(" * 300 + ")" * 300, 6),
        ("x = f'''\n{" + "(" * 300 + ")" * 300 + "}'''\n", 2),
    ],
)
def test_the_line_is_told_for_any_newline(text: str, line: int) -> None:
    assert too_deep(text) == line


def test_the_limit_is_where_it_says() -> None:
    assert too_deep("x = " + "(" * DEPTH_LIMIT + ")" * DEPTH_LIMIT) is None
    assert too_deep("x = " + "(" * (DEPTH_LIMIT + 1) + ")" * (DEPTH_LIMIT + 1)) == 1
