"""Some seconds of the soak, which is one command: `python benchmarks/pool_soak.py --seconds N`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SECONDS = 10
"""For threads and for tasks each."""


@pytest.mark.servers
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
@pytest.mark.skipif("POOLLINT_POOL_FOLDER" in os.environ, reason="the copy under test is another one")
@pytest.mark.usefixtures("postgres")  # without a server it is skipped
def test_a_short_soak() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "pool_soak.py"), "--seconds", str(SECONDS), "--seed", "3"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    threads, tasks = done.stdout.splitlines()
    for text, troubles in (
        (threads, ("blocks that ended well", "rounds of kills", "`PoolTimeout`", "forks")),
        (tasks, ("blocks that ended well", "rounds of kills", "`PoolTimeout`", "forks", "cancellations")),
    ):
        assert "**0 lost slots, 0 connections over the limit, 0 sessions left on the server.**" in text
        for trouble in troubles:
            assert re.search(rf"[1-9][\d,]* {trouble}", text), f"no {trouble}: {text}"
