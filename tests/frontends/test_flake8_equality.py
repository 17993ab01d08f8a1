"""Real flake8 and the engine, position for position, over every fixture."""

from __future__ import annotations

from poollint.engine.request import Request
from poollint.engine.run import run
from tests.fixtures_support import FIXTURES
from tests.frontends.flake8_support import failing, flake8, positions


def test_flake8_says_what_the_engine_says_of_every_fixture() -> None:
    house = FIXTURES.parent
    expected = failing(run(Request((FIXTURES.name,), working_directory=str(house))).findings)
    assert len(expected) > 100
    assert positions(flake8("-jauto", FIXTURES.name, cwd=house)) == expected
