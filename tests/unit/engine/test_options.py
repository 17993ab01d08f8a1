"""Values of options, as flags and as TOML say them."""

from __future__ import annotations

from typing import Any

import pytest

from poollint.engine.options import WrongValueError, from_flag, from_toml, key_of, name_of, shape_of
from poollint.model.settings import OPTIONS


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_has_a_shape_and_its_default_fits_it(name: str) -> None:
    shape = shape_of(name)
    assert name_of(key_of(name)) == name
    if shape.kind == "concurrency":
        return
    item = OPTIONS[name]
    default: Any = item.default_factory() if callable(item.default_factory) else item.default
    if shape.kind in ("texts", "tables"):
        assert from_toml(name, list(default)) == default
    else:
        assert from_toml(name, default) == default
    assert not shape.choices or default in shape.choices


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("select", "CPL1, leak ,ALL", ("CPL1", "leak", "ALL")),
        ("select", "", ()),
        ("jobs", "4", 4),
        ("min_severity", "error", "error"),
        ("force_exclude", "true", True),
        ("force_exclude", "false", False),
        ("per_file_ignores", "a.py:CPL1", {"a.py": ("CPL1",)}),
        (
            "per_file_ignores",
            "a.py:CPL1,leak b/*.py:ALL\n!c.py: CPL2",
            {"a.py": ("CPL1", "leak"), "b/*.py": ("ALL",), "!c.py": ("CPL2",)},
        ),
    ],
)
def test_flags(name: str, text: str, value: object) -> None:
    assert from_flag(name, text) == value


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("jobs", "four", 'expected a whole number, got "four"'),
        ("jobs", "-1", 'expected a whole number, got "-1"'),
        ("force_exclude", "1", 'expected true or false, got "1"'),
        ("fail_on", "warn", 'expected "info", "warning" or "error", got "warn"; did you mean "warning"?'),
        ("per_file_ignores", "CPL1", 'expected "glob:CODES", got "CPL1"'),
    ],
)
def test_flags_that_do_not_fit(name: str, text: str, expected: str) -> None:
    with pytest.raises(WrongValueError) as caught:
        from_flag(name, text)
    assert str(caught.value) == expected
