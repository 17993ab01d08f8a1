"""What a catalogue file of a library may say of settings: options, and what goes wrong with and without them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DefaultValue:
    """A default, for versions from `since` up to but without `until` ("" = open). `value` left out: None."""

    value: str | int | float | bool | None = None
    since: str = ""
    until: str = ""
    unset: bool = False
    """The signature shows its own "not given" (a marker, None, an object): `value` is what that comes to."""


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of constructors. `role` is one of `ROLES`; `position` counts from 0.

    `off`: values that mean "never"; `unlimited`: values that mean "no limit"; `maximum`/`minimum` are
    refused beyond. `forbidden_with`: keyword -> values (dotted names or literals; empty list = any value)
    with which giving this option raises. `advice`: the source text that a fix writes.
    `dialects`: for which database names in the URL it applies. `required`: it has no default.
    """

    role: str
    keyword: str
    constructors: tuple[str, ...] = ()
    """Empty: every constructor of kind pool, engine or client in the file."""
    position: int | None = None
    default: tuple[DefaultValue, ...] = ()
    required: bool = False
    off: tuple[object, ...] = ()
    unlimited: tuple[object, ...] = ()
    invalid: tuple[object, ...] = ()
    maximum: float | None = None
    minimum: float | None = None
    forbidden_with: dict[str, tuple[object, ...]] = field(default_factory=dict)
    on_call: tuple[str, ...] = ()
    """Methods that take it per call instead (`acquire(timeout=)`)."""
    in_url: bool = False
    """The query of the URL may give it too (`redis://host?socket_timeout=5`)."""
    through: tuple[str, ...] = ()
    """Its value is an object made by one of these, whose option of the same role says how much."""
    unset_is: str = ""
    """Not given, or None, it is what the option of this role is."""
    closes_above: bool = False
    """Of role idle-size: a connection that comes back while this many idle is closed."""
    defined_by: str = ""
    """Where the constructor's signature does not show the default: the parameter that does (`module.callable.name`),
    or an attribute of an object made without arguments (`module.Class().name`)."""
    advice: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Which constructors keep connections for ever unless told otherwise (missing-recycle).

    `any_of`: keywords of which one suffices. `url`: the positional index and keyword of the database URL, if
    any; its scheme before "+" or ":" is the dialect. `exempt_dialects` never go stale. `exempt_keywords`
    given at all make it unknown. `exempt_values`: keyword -> dotted names that do not pool. `exempt_arguments`:
    keyword -> keys of the dict that is given to it which only exempt dialects know.
    `reasons`: dialect -> consequence ("" = any other). `healing`: it replaces dead connections by itself,
    so the finding is only info. `fix`: keyword -> source text.
    `check`: the option of them that looks at a connection before it is used; the others only renew it (no-liveness-
    check). `only_check`: it renews by itself, so that nothing else is missing. `recycle`: the one that renews after
    a time, and `server_seconds`: dialect -> the time after which its server closes an idle connection, unless the
    call sets `server_setting` itself (recycle-too-long).
    """

    constructors: tuple[str, ...]
    any_of: tuple[str, ...]
    url_position: int | None = None
    url_keyword: str = ""
    exempt_dialects: tuple[str, ...] = ()
    exempt_keywords: tuple[str, ...] = ()
    exempt_values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    exempt_arguments: dict[str, tuple[str, ...]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    healing: bool = False
    fix: dict[str, str] = field(default_factory=dict)
    check: str = ""
    only_check: bool = False
    recycle: str = ""
    server_seconds: dict[str, float] = field(default_factory=dict)
    server_setting: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Unbounded:
    """Calls that wait without end unless an option bounds them (missing-timeout).

    `names`: functions and constructors; `on`, `methods`: methods of such objects, which the same options of their
    receiver's constructor bound as well. `any_of`: the options of which one suffices; for methods `positions` tells
    where else they may stand. `off`: values of a method's option that bound nothing.
    `only_off`: the wait has a bound of its own, which only a value that is off takes away.
    `when`: keyword of the receiver's constructor -> values with which alone it waits (`block=True`). `sized_by`:
    without this option of the constructor the pool is large, so that waiting for it is rare. `per_request`: an
    acquire; it matters where code runs per request only, and the constructor has no say in it.
    `waits_for`: noun for messages ("an answer"). `fix`: keyword -> source text. `socket_default`: the process can
    set a default for it (`socket.setdefaulttimeout`).
    """

    any_of: tuple[str, ...]
    waits_for: str
    why: str
    names: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    positions: dict[str, int] = field(default_factory=dict)
    off: tuple[object, ...] = ()
    only_off: bool = False
    when: dict[str, tuple[object, ...]] = field(default_factory=dict)
    sized_by: str = ""
    per_request: bool = False
    socket_default: bool = False
    fix: dict[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A setting that certainly fails, or that has no effect (invalid-pool-config).

    It is `keyword` (at `position`) of `constructors`, or of `methods` of types `on`, and at fault when every
    condition that is given holds: its value is one of `values` (literals, or dotted names), a number `over` or
    `under`, one less than that of the setting `less_than` (defaults count), a URL of a scheme in `schemes`, an object
    of a type in `types`; beside it stands a keyword of `beside` with one of its values (none listed: any); none of
    `without` is given.
    `says` goes on from the argument as written; `{other}` is what stands beside it. `raises`: the exception that it
    ends in; "" where it only has no effect. `removed`: without the argument the call does what was meant.
    """

    keyword: str
    says: str
    constructors: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    position: int | None = None
    values: tuple[object, ...] = ()
    over: float | None = None
    under: float | None = None
    less_than: str = ""
    schemes: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    beside: dict[str, tuple[object, ...]] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    raises: str = ""
    removed: bool = False
    note: str = ""
