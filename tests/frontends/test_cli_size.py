"""`poollint size` as a user meets it: what it prints, refuses and draws; and that the arguments it prints hold."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from poollint.catalogue.catalogue import load_catalogue
from poollint.catalogue.sized import sizable, sized
from poollint.frontends.cli.main import main
from tests.frontends.cli_support import poollint

PLAIN = ("--qps", "200", "--hold", "10")


def out(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert main(("size", *arguments)) == status
    said = capsys.readouterr()
    assert said.err == ""
    return said.out


def test_the_size_its_reasons_and_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    lines = out(capsys, *PLAIN, "--max-connections", "100", "--reserved", "3").splitlines()
    assert lines[0] == "A pool of 6"
    assert any(line.startswith("> at least    6  so that at most 5 % of the acquires wait") for line in lines)
    assert any("(100 - 3 reserved) / 1 pools" in line for line in lines)
    row = next(line for line in lines if line.startswith(">     6"))
    assert row.split()[1:9] == ["6", "33", "%", "1.8", "%", "0.045", "ms", "1.47"]
    assert max(map(len, lines)) <= 100


def test_json_has_the_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--workers", "4", "--hosts", "2", "--max-connections", "100", "--reserved", "3")
    said = out(capsys, "--qps", "1600", "--hold", "10", *flags, "--library", "sqlalchemy", "--output-format", "json")
    found = json.loads(said)
    assert (found["recommended"], found["lower"], found["upper"]) == (6, 6, 12)
    assert (found["busy"], found["pools"], found["change"]) == (2.0, 8, None)
    assert found["arguments"] == {"pool_size": 6, "max_overflow": 0}
    chosen = next(row for row in found["table"] if row["size"] == 6)
    assert chosen == {
        "size": 6, "utilisation": 0.333333, "p_wait": 0.018018, "mean_wait_ms": 0.045045, "p99_wait_ms": 1.47197,
    }  # fmt: skip


def test_what_cannot_be_is_told_with_what_to_change(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--workers", "12", "--hosts", "10", "--max-connections", "100", "--reserved", "3")
    said = out(capsys, *PLAIN, *flags, status=1)
    assert said.splitlines()[0] == "No size fits."
    assert "connection pooler" in said
    found = json.loads(out(capsys, *PLAIN, *flags, "--output-format", "json", status=1))
    assert (found["recommended"], found["upper"]) == (None, 0)


def test_the_picture_is_well_formed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "waiting.svg"
    out(capsys, *PLAIN, "--plot", str(path))
    drawn = path.read_text("utf-8")
    root = ElementTree.fromstring(drawn)
    assert root.tag.endswith("svg")
    assert "recommended: 6" in drawn
    assert drawn.count("<circle") == 7


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--qps is missing"),
        (("--qps", "200"), "--hold is missing"),
        (("--qps", "-3", "--hold", "1"), 'expected a number above 0, got "-3"'),
        (("--qps", "nan", "--hold", "1"), 'expected a number above 0, got "nan"'),
        (("--qps", "1e9", "--hold", "1e9"), "more than 100000 connections"),
        ((*PLAIN, "--workers", "0"), 'expected a whole number of at least 1, got "0"'),
        ((*PLAIN, "--workers", "2.5"), 'expected a whole number of at least 1, got "2.5"'),
        ((*PLAIN, "--p-wait", "5"), 'expected a number above 0 and below 1, got "5"'),
        ((*PLAIN, "--reserved", "3"), "--reserved: needs --max-connections"),
        ((*PLAIN, "--max-connections", "3", "--reserved", "3"), "expected less than --max-connections 3"),
        ((*PLAIN, "--library", "sqlalchmy"), 'did you mean "sqlalchemy"?'),
        ((*PLAIN, "--plot", "waiting.png"), 'expected a file that ends in ".svg"'),
        ((*PLAIN, "--plot", "no/such/folder.svg"), "cannot be written"),
        ((*PLAIN, "--holt", "3"), 'unexpected "--holt"; did you mean "--hold"?'),
        (("200", *PLAIN), 'unexpected "200"'),
    ],
)  # fmt: skip
def test_bad_input_is_refused(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("size", *arguments)) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("poollint: error: ") and told.err.count("\n") == 1
    assert said in told.err


def test_a_library_that_cannot_hold_so_many_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("size", "--qps", "4000", "--hold", "10", "--library", "mysql-connector-python")) == 2
    assert "holds 32 at most" in capsys.readouterr().err


def test_it_can_be_asked_in_a_process_that_shows_letters_only(tmp_path: Path) -> None:
    ran = poollint("size", *PLAIN, cwd=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (ran.status, ran.err) == (0, "")
    assert "######" in ran.out


# --- the arguments hold --------------------------------------------------------------------------

LIBRARIES = sizable(load_catalogue().libraries)


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_every_library_is_told_its_size(library: Any) -> None:
    found = sized(library, 3)
    assert 3 in [value for _, value in found.arguments if value is not True]


def test_a_pool_of_that_size_gives_so_many_and_no_more() -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    library = next(library for library in LIBRARIES if library.name == "sqlalchemy")
    url, arguments = "sqlite:///file::memory:?uri=true", dict(sized(library, 3).arguments)
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.QueuePool, pool_timeout=0, **arguments)
    held = [engine.connect() for _ in range(3)]
    with pytest.raises(sqlalchemy.exc.TimeoutError, match="QueuePool limit of size 3 overflow 0 reached"):
        engine.connect()
    for connection in held:
        connection.close()
    engine.dispose()


def test_http_pools_take_the_arguments() -> None:
    httpx = pytest.importorskip("httpx")
    library = next(library for library in LIBRARIES if library.name == "httpx")
    limits = httpx.Limits(**dict(sized(library, 3).arguments))
    assert (limits.max_connections, limits.max_keepalive_connections) == (3, 3)
