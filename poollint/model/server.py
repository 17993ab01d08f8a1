"""What a catalogue file of a framework may say of numbers: what runs code many times at once, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Crowd:
    """What runs code many times at once, and how often.

    `shape`: "executor" (an object whose methods in `methods`, name -> index of the callable, run it; `given_to` are
    methods of others that take the object first), "guard" (code in a `with` on it: a semaphore), "single" (each
    call runs one, `keyword` is its callable), "gather" (each coroutine among the arguments is one). The number is
    at `keyword` or `position`, or always `number`. `noun`: "threads", "tasks", "greenlets".
    """

    shape: str
    names: tuple[str, ...]
    noun: str
    keyword: str = ""
    position: int = 0
    number: int = 0
    methods: dict[str, int] = field(default_factory=dict)
    given_to: dict[str, int] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class ServerSetting:
    """One number or word of a server: flags of its command line, names in its configuration."""

    flags: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Server:
    """A program that runs the handlers of `frameworks`, in processes and threads of a number that can be set.

    `threads_when`, `processes_when`: words of `worker` with which the settings mean that ("" = the word is not
    given); empty: always. `files`: globs of its configuration files; `section` is the one of an
    ini file. `calls`: functions that run it, with `names` as keywords.
    """

    programs: tuple[str, ...]
    frameworks: tuple[str, ...]
    processes: ServerSetting = field(default_factory=ServerSetting)
    threads: ServerSetting = field(default_factory=ServerSetting)
    worker: ServerSetting = field(default_factory=ServerSetting)
    threads_when: tuple[str, ...] = ()
    processes_when: tuple[str, ...] = ()
    noun: str = "threads"
    files: tuple[str, ...] = ()
    section: str = ""
    calls: tuple[str, ...] = ()
    note: str = ""
