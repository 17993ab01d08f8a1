"""Settings of a construction as they reach it: given, from the URL's query, or the library's default by its version."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl

from poollint.analysis.definitions import Located
from poollint.analysis.values import Arguments, ValueReader, one_of
from poollint.model import form
from poollint.model.option import DefaultValue, Option
from poollint.model.value import Default, Known, Literal, OneOf, Reason, Unknown, Value
from poollint.model.versions import ANY, VersionRange

VersionsOf = Callable[[Iterable[str]], VersionRange]
"""The versions of a library, by its distributions, that the project may run with."""
WORDS: dict[str, Literal] = {"none": None, "null": None, "true": True, "false": False}


def any_version(distributions: Iterable[str]) -> VersionRange:
    """Of a project that says nothing."""
    return ANY


class SettingReader:
    """Answers for one project; a constructor is asked about by its dotted name."""

    def __init__(self, reader: ValueReader, versions: VersionsOf = any_version) -> None:
        self.reader = reader
        self.versions = versions
        self.catalogue = reader.linker.catalogue

    def all(self, dotted: str, arguments: Arguments) -> dict[str, Value]:
        """Keyword -> value of every setting that the constructor takes."""
        options = self.catalogue.options_of(dotted)
        return {option.keyword: self.value(dotted, option, arguments) for option in options}

    def by_role(self, dotted: str, arguments: Arguments) -> dict[str, Value]:
        """Role -> value of every setting that the constructor takes."""
        return {o.role: self.value(dotted, o, arguments) for o in self.catalogue.options_of(dotted)}

    def value(self, dotted: str, option: Option, arguments: Arguments) -> Value:
        """A setting's value: given, not given (the library's default), or unknown."""
        given = arguments.given(option.keyword, option.position)
        in_url = self._in_url(dotted, option.keyword, arguments) if option.in_url else None
        if given:
            value = self.reader.values(given)
            is_certain = option.keyword not in arguments.keywords.values or option.keyword in arguments.keywords.certain
            # Where both say something, libraries differ in which one holds.
            says_url = in_url is not None and not isinstance(in_url, Unknown)
            return value if is_certain and not says_url else Unknown(Reason.DYNAMIC)
        if arguments.keywords.open_for is not None:
            return Unknown(arguments.keywords.open_for)
        if in_url is not None:
            return in_url
        return self.default(dotted, option)

    # --- defaults ---

    def default(self, dotted: str, option: Option) -> Value:
        """What the library does without the setting; unknown where the versions that may run differ in it."""
        found = {(repr(each.value), each.value) for each in self._holding(dotted, option)}
        if len(found) == 1:
            return Default(found.pop()[1], option.keyword)
        return Unknown(Reason.DYNAMIC)

    def version_of(self, dotted: str) -> str:
        """The library and the versions that the project requires of it, for messages; "" where nothing is said."""
        made = self.catalogue.constructor(dotted)
        allowed = ANY if made is None else self.versions(made[0].distributions)
        return "" if made is None or allowed == ANY else f"{made[0].title} {allowed}"

    def _holding(self, dotted: str, option: Option) -> list[DefaultValue]:
        made = self.catalogue.constructor(dotted)
        if made is None or len(option.default) == 1:
            return list(option.default)
        allowed = self.versions(made[0].distributions)
        return [each for each in option.default if allowed.meets(each.since, each.until)]

    # --- the URL's query ---

    def _in_url(self, dotted: str, keyword: str, arguments: Arguments) -> Value | None:
        """What the URL says: None if it certainly says nothing of it, unknown if the URL is not in sight."""
        url = next((o for o in self.catalogue.options_of(dotted) if o.role == "url"), None)
        given = arguments.given(url.keyword, url.position) if url is not None else []
        if not given:
            return None
        values = [self._queried(located, keyword) for located in given]
        present = [value for value in values if value is not None]
        if not present:
            return None
        return one_of(present) if len(present) == len(values) else Unknown(Reason.DYNAMIC)

    def _queried(self, located: Located, keyword: str) -> Value | None:
        text = self._written(located)
        if text is None:
            return Unknown(Reason.DYNAMIC)
        query = dict(parse_qsl(text.partition("?")[2].partition("#")[0], keep_blank_values=True))
        return Known(literal(query[keyword])) if keyword in query else None

    def _written(self, located: Located) -> str | None:
        """A URL's text, each part that is put into it as `*`; None where nothing of it is written."""
        for each in self.reader.written(located):
            known = self.reader.value(each.expression, each.scope)
            if isinstance(known, Known):
                return known.value if isinstance(known.value, str) else None
            if isinstance(each.expression, form.Joined):
                pieces = [self.reader.value(piece, each.scope) for piece in each.expression.parts]
                return "".join(str(piece.value) if isinstance(piece, Known) else "*" for piece in pieces)
        return None


def literal(text: str) -> Literal:
    """A word of a URL or an ini file as the libraries read it."""
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def literals(value: Value) -> tuple[Literal, ...]:
    """What the value may be; nothing of an unknown one."""
    if isinstance(value, OneOf):
        return value.values
    return () if isinstance(value, Unknown) else (value.value,)


def is_among(value: Literal, listed: Iterable[object]) -> bool:
    """Whether a literal is one of those that an entry lists; `True` is not 1."""
    return any(value == other and isinstance(value, bool) == isinstance(other, bool) for other in listed)


def surely_among(value: Value, listed: Iterable[object]) -> bool:
    """Whether the value is, by every branch, one of those that an entry lists."""
    names = tuple(listed)
    found = literals(value)
    return bool(found) and all(is_among(each, names) for each in found)
