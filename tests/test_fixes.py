"""Bad fixtures after their fixes, safe and unsafe ones, against the `.fixed.py` beside them."""

from __future__ import annotations

import ast

import pytest

from poollint.engine.apply import Outcome, fix_text
from poollint.model.finding import Finding
from poollint.model.fix import Applicability, Fix
from tests.fixtures_support import FIXTURES, Fixture, fixtures, marks, said, session_of, told, unmarked

BAD = fixtures("bad_")
FIXED = [fixture for fixture in BAD if fixture.fixed_path.exists()]


def is_applied(_: Finding, fix: Fix, __: str) -> bool:
    return fix.applicability is not Applicability.SHOWN


def fixed(fixture: Fixture, text: str) -> Outcome:
    return fix_text(fixture.path.name, text, lambda _, now: fixture.findings(now), is_applied)


def after(fixture: Fixture) -> str:
    return fixture.fixed_path.read_bytes().decode("utf-8")


@pytest.mark.parametrize("fixture", BAD, ids=lambda fixture: fixture.id)
def test_a_bad_file_is_fixed_exactly_as_written_beside_it(fixture: Fixture) -> None:
    outcome = fixed(fixture, fixture.text)
    assert outcome.rejected == ()
    assert outcome.is_settled
    if fixture.fixed_path.exists():
        assert unmarked(outcome.text) == unmarked(after(fixture))
    else:
        assert outcome.applied == (), f"it can be fixed: {fixture.fixed_path.name} is missing\n{outcome.text}"


@pytest.mark.parametrize("fixture", FIXED, ids=lambda fixture: fixture.id)
def test_what_was_fixed_parses_and_is_told_as_marked(fixture: Fixture) -> None:
    ast.parse(after(fixture))
    session = session_of(fixture.path.parent, fixture.min_confidence)
    findings = session.check_text(fixture.fixed_path.name, after(fixture))
    assert said(findings) == marks(after(fixture)).expected, told(findings)


@pytest.mark.parametrize("fixture", FIXED, ids=lambda fixture: fixture.id)
def test_what_was_fixed_is_not_changed_again(fixture: Fixture) -> None:
    outcome = fixed(fixture, after(fixture))
    assert outcome.text == after(fixture)
    assert outcome.applied == ()


def test_every_fixed_file_belongs_to_a_bad_one() -> None:
    files = set(FIXTURES.glob("cpl*/*.fixed.py"))
    assert files == {fixture.fixed_path for fixture in FIXED}
