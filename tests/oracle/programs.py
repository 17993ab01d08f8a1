"""Programs that acquire at one place: mostly right ones, often with one thing broken."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable

SYNC, ASYNC = "sync", "async"
HELPERS = {
    SYNC: "def give(c):\n    pool.putconn(c)\n\n\ndef use(c):\n    c.commit()\n\n\n",
    ASYNC: "async def give(p, c):\n    await p.release(c)\n\n\nasync def use(c):\n    await c.execute('x')\n\n\n",
}
TEMPLATES = {
    SYNC: {
        "get": "conn = pool.getconn()", "put": "pool.putconn({0})", "use": "conn.commit()", "work": "work()",
        "give": "give({0})", "borrow": "use(conn)", "def": "def", "call": "",
    },
    ASYNC: {
        "get": "conn = await pool.acquire()", "put": "await pool.release({0})", "use": "await conn.execute('x')",
        "work": "await awork()", "give": "await give(pool, {0})", "borrow": "await use(conn)", "def": "async def",
        "call": "await ",
    },
}  # fmt: skip
ENDS = ("return", "raise", "break", "continue")
Lines = list[str]
Way = tuple[float, Callable[[], Lines]]


class Maker:
    """Writes one program; blocks nest to a depth."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.kind = ASYNC if self.random.random() < 0.3 else SYNC
        self.words = TEMPLATES[self.kind]

    def program(self) -> str:
        lines = ["conn = held = None", "flag = False"]
        lines += [f"{self.words['def']} done():", f"    {self.put('conn')}"]
        lines += ["stop = lambda: pool.putconn(conn)"] if self.kind == SYNC else []
        lines += self.one_of([
            (4, lambda: self.guarded(self.body(2), is_broken=False)),
            (1.5, lambda: self.handled(self.body(2))),
            (2.5, lambda: self.guarded(self.body(2), is_broken=True)),
            (1.8, self.in_a_loop),
            (0.8, lambda: [self.words["get"], *self.body(2), *self.release()]),
            (1.8, lambda: [self.words["get"], *self.narrow(), *self.body(1)]),
        ])  # fmt: skip
        head = "async def f(pool: asyncpg.Pool):" if self.kind == ASYNC else "def f(_):"
        return HELPERS[self.kind] + head + "\n" + "".join(f"    {line}\n" for line in lines)

    def guarded(self, body: Lines, *, is_broken: bool) -> Lines:
        """`acquire; try: ... finally: release`, or nearly."""
        final = self.release()
        outer: Lines = []
        if is_broken:
            breaks: list[Callable[[], Lines]] = [
                lambda: ["pass"],
                lambda: [self.words["use"], *final],
                lambda: [self.words["work"], *final],
                lambda: ["if asked():", *indented(final)],
                lambda: ["if flag:", *indented(final)],
            ]
            way = self.random.randrange(len(breaks) + 3)
            if way < len(breaks):
                final = breaks[way]()
            elif way == len(breaks):
                outer = [self.words["work"]]
            elif way == len(breaks) + 1:
                return [self.words["get"], "try:", *indented(body), "except Exception:", *indented([*final, "raise"])]
            else:
                return [self.words["get"], "try:", *indented(body), "except ValueError:", "    pass", *final]
        return [self.words["get"], *outer, "try:", *indented(body), "finally:", *indented(final)]

    def handled(self, body: Lines) -> Lines:
        """Without `finally`: a handler for what goes wrong, `else` or what follows for the rest."""
        lines = [self.words["get"], "try:", *indented(body), "except BaseException:"]
        lines += indented([*self.release(), "raise"])
        way = self.random.random()
        if way < 0.5:
            return [*lines, *self.release()]
        between = [] if way < 0.8 else self.plain()
        return [*lines, "else:", *indented([*between, *self.release()])]

    def in_a_loop(self) -> Lines:
        """The acquire on each turn, released on the turn, after the loop, or but for what skips it."""
        jump = self.random.choice(["break", "continue"])
        skipping = ["if asked():", f"    {jump}", *self.release()]
        ways: list[Way] = [
            (2, lambda: self.guarded(self.block(1, True), is_broken=False)),
            (1, lambda: self.guarded(self.block(1, True), is_broken=True)),
            (1, lambda: [self.words["get"], *self.plain()]),
            (2, lambda: [self.words["get"], *skipping]),
            (2, lambda: [self.words["get"], "try:", *indented(["if asked():", f"    {jump}"]), "finally:",
                         *indented(self.release())]),
            (2, lambda: [self.words["get"], "if flag:", f"    {jump}", *self.release(), "flag = True"]),
            (1, lambda: [self.words["get"]]),
        ]  # fmt: skip
        after = self.release() if self.random.random() < 0.5 else []
        return ["for _ in turns():", *indented(self.one_of(ways)), *after, *self.plain()]

    def narrow(self) -> Lines:
        """What only one row of the interpreter's table tells right from wrong."""
        turn = ["if flag:", "    conn = None", "flag = True", "step()"]
        cases = ["match picked():", "    case 0:", *indented(indented(self.release()))]
        last = self.random.choice(["case 1:", "case _:"])
        ways: list[Way] = [
            (1, lambda: ["try:", *indented(["for _ in turns():", *indented(turn)]), "finally:",
                         *indented(self.release())]),
            (1, lambda: ["with suppress(ValueError):", *indented([*self.plain(), *self.release()])]),
            (1, lambda: [*cases, f"    {last}", *indented(indented(self.release()))]),
            (1, lambda: ["while asked():", *indented(["if asked():", "    break", "step()"]), "else:",
                         *indented(self.release())]),
            (1, lambda: ["if asked():", "    return conn"]),
            (2, lambda: ["with suppress(ValueError):", "    raise ValueError", *self.release()]),
            (1, lambda: ["if flag and conn is None:", "    return 1", *self.release()]),
            (1, lambda: [self.random.choice(["assert flag", "assert not flag"]), *self.release()]),
            (1, lambda: ["flag = True", "conn = None if flag else conn"]),
        ]  # fmt: skip
        return self.one_of(ways)

    # --- releases ---

    def put(self, name: str) -> str:
        return self.words["put"].format(name)

    def release(self) -> Lines:
        """One of many ways, each only where something is held."""
        element = self.put("box['conn']")
        plain = ["if conn is not None:", f"    {self.put('conn')}", "    conn = None"]
        ways: list[Way] = [
            (6, lambda: plain),
            (2, lambda: ["if conn:", f"    {self.words['give'].format('conn')}", "    conn = None"]),
            (1.5, lambda: ["if conn is not None:", f"    {self.words['call']}done()", "    conn = None"]),
            (1.2, lambda: ["if conn is not None:", "    stop()", "    conn = None"] if self.kind == SYNC else plain),
            (1.5, lambda: ["alias = conn", "if alias is not None:", f"    {self.put('alias')}", "    conn = None"]),
            (1.5, lambda: ["if (again := conn) is not None:", f"    {self.put('again')}", "    conn = None"]),
            (1.5, lambda: ["held, conn = conn, None", "if held is not None:", f"    {self.put('held')}"]),
            (1.5, lambda: ["box = {'conn': conn}", "if conn is not None:", f"    {element}", "    conn = None"]),
        ]
        return self.one_of(ways)

    # --- statements ---

    def one_of(self, ways: list[Way]) -> Lines:
        (chosen,) = self.random.choices([make for _, make in ways], [weight for weight, _ in ways])
        return chosen()

    def body(self, depth: int) -> Lines:
        """A block that does not end at once."""
        return [*self.plain(), *self.block(depth, False)]

    def plain(self) -> Lines:
        return [self.random.choice([self.words["use"], self.words["work"], self.words["borrow"]])]

    def block(self, depth: int, in_loop: bool) -> Lines:
        lines: Lines = []
        for _ in range(self.random.randint(1, 3)):
            lines += self.statement(depth, in_loop)
            if lines[-1].split(" ")[0] in ENDS:
                break
        return lines

    def statement(self, depth: int, in_loop: bool) -> Lines:
        ways: list[Way] = [
            (3, self.plain),
            (4, self.release),
            (2, lambda: [self.random.choice(["flag = True", "flag = False"])]),
            (1, lambda: ["return 1"]),
            (0.8, lambda: [f"raise {self.random.choice(['ValueError', 'KeyError'])}"]),
            (0.7, lambda: [self.random.choice(["assert asked()", "assert not flag"])]),
            (0.4, lambda: ["sys.exit(1)"]),
            (0.5, lambda: ["conn = None if flag else conn"]),
            (0.5, lambda: ["if conn is not None:", "    kept.append(conn)"]),
            (3.6 if in_loop else 0, lambda: [self.random.choice(["break", "continue"])]),
        ]
        if depth > 0:
            ways += [
                (3, lambda: self.choice(depth, in_loop)),
                (1.5, lambda: ["if flag:", *indented(self.block(depth - 1, in_loop))]),
                (2.5, lambda: self.loop(depth)),
                (5, lambda: self.attempt(depth, in_loop)),
                (1, lambda: ["with suppress(ValueError):", *indented(self.block(depth - 1, in_loop))]),
                (1.2, lambda: self.matched(depth, in_loop)),
                (1.2 if self.kind == SYNC else 0, lambda: self.stacked(depth, in_loop)),
                (1 if self.kind == SYNC else 0, lambda: ["with conn:", *indented(self.block(depth - 1, in_loop))]),
            ]
        return self.one_of(ways)

    def choice(self, depth: int, in_loop: bool) -> Lines:
        test = self.random.choice(["asked()", "asked() and not flag", "flag or asked()", "conn is None or asked()"])
        lines = [f"if {test}:", *indented(self.block(depth - 1, in_loop))]
        if self.random.random() < 0.5:
            lines += ["else:", *indented(self.block(depth - 1, in_loop))]
        return lines

    def matched(self, depth: int, in_loop: bool) -> Lines:
        lines = ["match picked():", "    case 0:", *indented(indented(self.block(depth - 1, in_loop)))]
        last = self.random.choice(["case 1:", "case _:", "case 1 if flag:"])
        return [*lines, f"    {last}", *indented(indented(self.block(depth - 1, in_loop)))]

    def stacked(self, depth: int, in_loop: bool) -> Lines:
        body = ["if conn is not None:", "    stack.callback(pool.putconn, conn)", *self.block(depth - 1, in_loop)]
        return ["with ExitStack() as stack:", *indented(body)]

    def loop(self, depth: int) -> Lines:
        head = self.random.choice(["for _ in turns():", "for _ in turns():", "while asked():"])
        lines = [head, *indented([*self.block(depth - 1, True), "step()"])]
        if self.random.random() < 0.35:
            lines += ["else:", *indented(self.block(depth - 1, False))]
        return lines

    def attempt(self, depth: int, in_loop: bool) -> Lines:
        lines = ["try:", *indented(self.block(depth - 1, in_loop))]
        has_handler = self.random.random() < 0.7
        if has_handler:
            caught = ["Exception", "ValueError", "BaseException"]
            caught += ["asyncio.CancelledError"] if self.kind == ASYNC else []
            body = [*self.release(), self.random.choice(["raise", "pass", "return 2"])]
            if self.random.random() < 0.5:
                body = self.block(depth - 1, in_loop)
            lines += [f"except {self.random.choice(caught)}:", *indented(body)]
            if self.random.random() < 0.35:
                lines += ["else:", *indented(self.block(depth - 1, in_loop))]
        if not has_handler or self.random.random() < 0.5:
            body = self.release() if self.random.random() < 0.7 else self.block(depth - 2, False)
            lines += ["finally:", *indented(body)]
        return lines


def indented(lines: Lines) -> Lines:
    return [f"    {line}" for line in lines]


# --- shape -----------------------------------------------------------------------------------------


def shape(text: str) -> tuple[int, frozenset[str]]:
    """(statements of the program, the constructs that it has)."""
    function = next(n for n in ast.parse(text).body if getattr(n, "name", "") == "f")
    found: set[str] = set()
    count = 0
    for node in ast.walk(function):
        count += isinstance(node, ast.stmt) and node is not function
        found |= {name for name, test in CONSTRUCTS.items() if test(node)}
    return count, frozenset(found)


def _calls(name: str) -> Callable[[ast.AST], bool]:
    return lambda n: isinstance(n, ast.Call) and name in (getattr(n.func, "id", ""), getattr(n.func, "attr", ""))


CONSTRUCTS: dict[str, Callable[[ast.AST], bool]] = {
    "if": lambda n: isinstance(n, ast.If),
    "else": lambda n: isinstance(n, ast.If) and bool(n.orelse),
    "for": lambda n: isinstance(n, ast.For),
    "while": lambda n: isinstance(n, ast.While),
    "loop else": lambda n: isinstance(n, (ast.For, ast.While)) and bool(n.orelse),
    "break": lambda n: isinstance(n, ast.Break),
    "continue": lambda n: isinstance(n, ast.Continue),
    "except": lambda n: isinstance(n, ast.ExceptHandler),
    "try else": lambda n: isinstance(n, ast.Try) and bool(n.orelse),
    "finally": lambda n: isinstance(n, ast.Try) and bool(n.finalbody),
    "suppress": _calls("suppress"),
    "with conn": lambda n: isinstance(n, ast.withitem) and isinstance(n.context_expr, ast.Name),
    "exit stack": _calls("callback"),
    "match": lambda n: isinstance(n, ast.Match),
    "return": lambda n: isinstance(n, ast.Return),
    "raise": lambda n: isinstance(n, ast.Raise) and n.exc is not None,
    "raise again": lambda n: isinstance(n, ast.Raise) and n.exc is None,
    "assert": lambda n: isinstance(n, ast.Assert),
    "flag": lambda n: isinstance(n, ast.If) and isinstance(n.test, ast.Name) and n.test.id == "flag",
    "and, or": lambda n: isinstance(n, ast.BoolOp),
    "ternary": lambda n: isinstance(n, ast.IfExp),
    "walrus": lambda n: isinstance(n, ast.NamedExpr),
    "swap": lambda n: isinstance(n, ast.Assign) and isinstance(n.value, ast.Tuple),
    "alias": lambda n: isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "alias",
    "element": lambda n: isinstance(n, ast.Subscript),
    "closure": _calls("done"),
    "lambda": _calls("stop"),
    "release helper": _calls("give"),
    "borrowing helper": _calls("use"),
    "kept elsewhere": _calls("append"),
    "exit": _calls("exit"),
    "await": lambda n: isinstance(n, ast.Await),
}
