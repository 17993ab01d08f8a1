"""The parts of docs/pool.md that are made from the code: `python tests/pool/pool_docs.py` writes them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PAGE = ROOT / "docs" / "pool.md"

CASES = {
    1: "cancelled while queued", 2: "cancelled after the hand-off, before it ran", 3: "cancelled while connecting",
    4: "cancelled in the check", 5: "cancelled in the reset", 6: "cancelled at every wait, as by anyio",
    7: "cancelled at each step of the loop, once and twice", 8: "asyncio.timeout and wait_for around it",
    9: "close() cancelled midway", 10: "KeyboardInterrupt while waiting", 11: "timeout in the instant of the hand-off",
    12: "any BaseException in the block", 13: "a task destroyed with its loop",
    14: "32 threads, timeouts, dead connections: never more than max_size", 15: "connect fails",
    16: "connect hangs", 17: "connect returns the same connection twice", 18: "dead connections in a row",
    19: "release of a dead one wakes the waiter", 20: "server down and up again: backoff, recovery",
    21: "200 threads in order", 22: "2,000 tasks in order, every third cancelled", 23: "no thread starves",
    24: "whoever comes back goes to the end", 25: "a stale connection costs no place and extends no deadline",
    26: "max_waiting", 27: "lifetimes are spread", 28: "the reaper keeps min_size and leaves held ones alone",
    29: "check only after a rest, no hook under the lock", 30: "reset raises, reset or close hangs",
    31: "the next user sees no transaction", 32: "closed by its holder", 33: "the wall clock is never read",
    34: "the server kills all; evict_all", 35: "credentials are asked for each time", 36: "fork with idle connections",
    37: "fork while another thread is inside", 38: "fork with a held connection", 39: "a second event loop",
    40: "construction does nothing", 41: "the end of the interpreter", 42: "without the global lock",
    43: "leak report", 44: "a dropped block", 45: "waiting for oneself", 46: "close()",
    47: "released twice, foreign releases, resize",
}  # fmt: skip


def cases_and_tests() -> dict[int, list[str]]:
    found: dict[int, list[str]] = {number: [] for number in CASES}
    for path in sorted(HERE.glob("test_pool_*.py")):
        for name in re.findall(r"^def (test_case_\d\d_\w+)", path.read_text("utf-8"), re.MULTILINE):
            found[int(name[10:12])].append(name)
    return found


def cases() -> str:
    lines = ["| | case | tests |", "|---:|---|---|"]
    for number, names in cases_and_tests().items():
        lines.append(f"| {number} | {CASES[number]} | {', '.join(f'`{name}`' for name in names)} |")
    return "\n".join(lines)


def options() -> str:
    tree = ast.parse((ROOT / "poollint" / "pool" / "options.py").read_text("utf-8"))
    [one] = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Options"]
    lines = ["| option | default | meaning |", "|---|---|---|"]
    for field, doc in zip(one.body, one.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and field.value is not None:
            assert isinstance(doc, ast.Expr)
            text = " ".join(ast.literal_eval(doc.value).split())
            lines.append(f"| `{field.target.id}` | `{ast.unparse(field.value)}` | {text} |")
    return "\n".join(lines)


def replaced(page: str, name: str, text: str) -> str:
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, rest = page.split(begin)
    return f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}"


def written(page: str) -> str:
    return replaced(replaced(page, "options", options()), "cases", cases())


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
