"""A finding's story as labels for frames: its steps numbered, in the order in which they happen."""

from __future__ import annotations

import re
from dataclasses import dataclass

from poollint.model.finding import Finding, LocatedStep, Location

HERE = {
    "acquire": "acquired here",
    "construct": "constructed here",
    "call": "called here",
    "release": "released here",
    "await": "awaited here",
}
"""What a step says whose text is no more than the code that it points at."""
_QUOTED_FIRST = re.compile(r"`([^`]*)`(?: |$)")


@dataclass(frozen=True, slots=True)
class Label:
    """A place to underline, with what is said of it; "" for a bare underline."""

    location: Location
    text: str
    is_primary: bool


@dataclass(frozen=True, slots=True)
class Story:
    """`labels` have places of their own; `notes` would only repeat the finding's."""

    labels: tuple[Label, ...]
    notes: tuple[str, ...]


def story(finding: Finding) -> Story:
    """The labels of all files, in the order of the steps."""
    notes = [step.text for step in finding.steps if _is_note(step, finding)]
    steps = [step for step in finding.steps if not _is_note(step, finding)]
    labels = [
        Label(step.location, _told(step, number, len(steps)), step.location == finding.location)
        for number, step in enumerate(steps, 1)
    ]
    if not any(label.is_primary for label in labels):
        labels.insert(0, Label(finding.location, "", True))
    return Story(tuple(labels), tuple(notes))


def _is_note(step: LocatedStep, finding: Finding) -> bool:
    return step.kind == "note" and step.location == finding.location


def _told(step: LocatedStep, number: int, count: int) -> str:
    """`2: waits for a connection`: the number where there are several, and no code that is underlined anyway."""
    quoted = _QUOTED_FIRST.match(step.text)
    rest = step.text[quoted.end() :] if quoted and step.kind in HERE else step.text
    text = rest or HERE.get(step.kind, step.text)
    return f"{number}: {text}" if count > 1 else text
