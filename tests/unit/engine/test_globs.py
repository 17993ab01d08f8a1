"""Globs of settings: where they are anchored and what they fit."""

from __future__ import annotations

import pytest

from poollint.engine.globs import Glob, any_fits


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("build", "/p/build", True),
        ("build", "/p/a/build", True),
        ("build", "/p/rebuild", False),
        ("build", "/p/build/x.py", False),
        ("*.pyi", "/p/a/b.pyi", True),
        ("*.pyi", "/p/a.pyi/b.py", False),
        ("/build", "/p/build", True),
        ("/build", "/p/a/build", False),
        ("src/gen", "/p/src/gen", True),
        ("src/gen", "/p/a/src/gen", False),
        ("./src/gen", "/p/src/gen", True),
        ("gen/", "/p/src/gen", True),
        ("tests/**", "/p/tests/a/b.py", True),
        ("tests/**", "/p/tests", False),
        ("**/gen", "/p/gen", True),
        ("**/gen", "/p/a/b/gen", True),
        ("a/**/z.py", "/p/a/z.py", True),
        ("a/**/z.py", "/p/a/b/c/z.py", True),
        ("test_?.py", "/p/test_1.py", True),
        ("test_?.py", "/p/test_12.py", False),
        ("v[0-9].py", "/p/v1.py", True),
        ("v[!0-9].py", "/p/v1.py", False),
        ("a.c", "/p/abc", False),
        ("(x)+", "/p/(x)+", True),
        ("/p/src/*.py", "/p/src/a.py", True),
        ("x", "/q/x", False),
    ],
)
def test_fits(pattern: str, path: str, fits: bool) -> None:
    assert Glob("/p", pattern).fits(path) is fits


@pytest.mark.parametrize(
    ("pattern", "path", "covers"),
    [
        ("tests", "/p/tests/a/b.py", True),
        ("tests/*", "/p/tests/a/b.py", True),
        ("src/gen", "/p/src/gen/a.py", True),
        ("src/gen", "/p/src/other/a.py", False),
        ("p", "/p/a.py", False),
    ],
)
def test_covers_what_is_below(pattern: str, path: str, covers: bool) -> None:
    assert Glob("/p", pattern).covers(path) is covers


def test_braces_of_format_strings_are_only_text() -> None:
    assert Glob("/p", "{0.__class__}").fits("/p/{0.__class__}")


def test_the_root_of_the_file_system_is_a_base() -> None:
    assert Glob("/", "a/b.py").fits("/a/b.py")


@pytest.mark.parametrize("path", ["/p/build", "/p/a/x.pyi", "/q/build", "/q/gen", "/p/gen", "/p/a.py", "/r/build"])
def test_all_at_once_fit_what_each_alone_fits(path: str) -> None:
    globs = (Glob("/p", "build"), Glob("/p", "*.pyi"), Glob("/q/", "gen"), Glob("/p", "a|b"), Glob("/p", "/p/[!b]en"))
    assert any_fits(globs, path) is any(glob.fits(path) for glob in globs)
