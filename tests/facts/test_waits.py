"""What CPL503 says of libraries, seen on the libraries: a server that accepts and never answers, a pool in use."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import socket
import threading
from collections.abc import Callable, Iterator

import aiohttp
import httpx
import pytest
import redis
import requests
import urllib3
import valkey

PATIENCE = 1.0
"""Seconds after which a wait counts as one without end; each library's own default is longer or none."""


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield server.getsockname()[1]


def still_waits(call: Callable[[], object]) -> bool:
    """Whether a call has not come back, nor raised, after `PATIENCE`."""
    done = threading.Event()

    def run() -> None:
        try:
            with contextlib.suppress(Exception):
                call()
        finally:
            done.set()

    threading.Thread(target=run, daemon=True).start()
    return not done.wait(PATIENCE)


def test_requests_waits_unless_it_is_told(silent: int) -> None:
    url, session = f"http://127.0.0.1:{silent}", requests.Session()
    assert still_waits(lambda: requests.get(url))
    assert still_waits(lambda: session.get(url))
    assert still_waits(lambda: session.send(session.prepare_request(requests.Request("GET", url))))
    assert still_waits(lambda: session.request("GET", url, None, None, None, None, None, None, None))
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(url, timeout=0.1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        session.request("GET", url, None, None, None, None, None, None, 0.1)


def test_urllib3_waits_unless_it_is_told_here_or_there(silent: int) -> None:
    url = f"http://127.0.0.1:{silent}"
    assert still_waits(lambda: urllib3.PoolManager(retries=False).request("GET", url))
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        urllib3.PoolManager(retries=False, timeout=0.1).request("GET", url)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        urllib3.PoolManager(retries=False).request("GET", url, timeout=0.1)


def test_urllib3_waits_for_a_slot_when_it_blocks(silent: int) -> None:
    url = f"http://127.0.0.1:{silent}"
    manager = urllib3.PoolManager(maxsize=1, block=True, timeout=60, retries=False)
    assert still_waits(lambda: manager.request("GET", url, pool_timeout=5)), "the one slot is taken"
    assert still_waits(lambda: manager.request("GET", url))
    with pytest.raises(urllib3.exceptions.EmptyPoolError):
        manager.request("GET", url, pool_timeout=0.1)


def test_httpx_has_a_default_which_none_switches_off() -> None:
    assert httpx.Client().timeout == httpx.Timeout(5.0)
    for never in (httpx.Client(timeout=None).timeout, httpx.Timeout(None)):
        assert never.read is None and never.pool is None and never.connect is None
    assert httpx.Timeout(None, connect=5).connect == 5


def test_httpx_waits_without_its_default(silent: int) -> None:
    url = f"http://127.0.0.1:{silent}"
    assert still_waits(lambda: httpx.get(url, timeout=None))
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(url, timeout=0.1)


def test_aiohttp_has_a_default_which_only_an_object_without_bounds_switches_off() -> None:
    async def timeouts() -> list[aiohttp.ClientTimeout]:
        given = ({}, {"timeout": None}, {"timeout": aiohttp.ClientTimeout(total=None)})
        found = []
        for options in given:
            async with aiohttp.ClientSession(**options) as session:
                found.append(session.timeout)
        return found

    plain, none, unbounded = asyncio.run(timeouts())
    assert plain.total == none.total == 300
    assert unbounded.total is None and unbounded.sock_read is None and unbounded.connect is None


def test_aiohttp_waits_without_its_default(silent: int) -> None:
    async def ask() -> None:
        never = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(timeout=never) as session:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(session.get(f"http://127.0.0.1:{silent}"), PATIENCE)

    asyncio.run(ask())


def test_redis_has_a_default_from_version_8_and_valkey_s_client_none(silent: int) -> None:
    is_new = int(redis.__version__.partition(".")[0]) >= 8
    assert inspect.signature(redis.Redis).parameters["socket_timeout"].default == (5 if is_new else None)
    never = redis.Redis("127.0.0.1", silent, socket_timeout=None)
    assert still_waits(never.ping)
    assert still_waits(valkey.Valkey("127.0.0.1", silent).ping)
    with pytest.raises(redis.TimeoutError):
        redis.Redis("127.0.0.1", silent, socket_timeout=0.1, retry=None).ping()
