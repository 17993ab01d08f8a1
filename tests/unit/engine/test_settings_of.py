"""The settings of a run as a whole."""

from __future__ import annotations

from pathlib import Path

from poollint.engine.run import Request, settings_of


def test_they_are_those_of_the_first_path(tmp_path: Path) -> None:
    for name, level in (("one", "error"), ("two", "info")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").write_text(f'[tool.poollint]\nfail-on = "{level}"\n')
        (tmp_path / name / "a.py").write_text("")

    def level_of(*paths: str, **more: str) -> str:
        return settings_of(Request(paths, {}, working_directory=str(tmp_path), **more)).fail_on  # type: ignore[arg-type]

    assert [level_of("one", "two"), level_of("two/a.py", "one"), level_of(".")] == ["error", "info", "warning"]
    assert level_of("-", stdin_filename="one/new.py") == "error"


def test_flags_win(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.poollint]\noutput-format = "json"\n')
    request = Request((".",), {"output_format": "concise"}, working_directory=str(tmp_path))
    assert settings_of(request).output_format == "concise"
