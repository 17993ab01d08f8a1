"""Calls that read a streamed response, by the state of the path that they stand on."""

from __future__ import annotations

from poollint.analysis.afterwards import Afterwards
from poollint.analysis.states import CARRIER, PART, READ, Kind, State, Trail, Value
from poollint.model import form


class Responses(Afterwards):
    """`turning` counts the loops around: what is read turn by turn comes to its end."""

    turning = 0

    def reads_some(self, call: form.Call) -> bool:
        """A read with a size, once."""
        return not self.turning and self.effects.reading.by_file_method(call) == "some"

    def read_on(self, call: form.Call, state: State, base: Value) -> tuple[State, Value] | None:
        """A method of a response that leads to its end, or of its file object; None for any other."""
        reading = self.effects.reading
        assert isinstance(call.func, form.Attr)
        if reading.leads_on(call.func.name):
            return state, CARRIER
        if base.kind is not Kind.CARRIER or not reading.is_asked:
            return None
        if call.func.name.startswith("iter"):
            return state, CARRIER
        if not reading.by_file_method(call):
            return None
        return (state if self.reads_some(call) else state.let_go(READ)), PART

    def handed_as_a_file(self, call: form.Call, state: State) -> None:
        """The file object of a response that has no name of its own: who opens it cannot close the response."""
        if self.effects.reading.opens_only(call) and state.is_live and not state.is_reachable:
            self.leak(state, "dropped", call.ordinal, Trail("exit", call.ordinal, "only its file is handed on"))
