# ruff: noqa: E501
"""Small programs that together hold every class of node that LibCST can parse."""

from __future__ import annotations

PROGRAMS: dict[str, str] = {
    "small statements": (
        "x = y = 1\nx: int = 2\nx: int\nx += 1; x -= 1; x *= 1; x /= 1; x //= 1; x %= 1; x **= 1; x @= 1\n"
        "x <<= 1; x >>= 1; x |= 1; x &= 1; x ^= 1\ndel x, y\ndel (x)\ndel [x, (y, z)]\npass\n"
        "assert x\nassert x, 'why'\nraise\nraise X\nraise X from y\n...\n"
    ),
    "imports": (
        "import a\nimport a.b.c as d, e\nfrom a import b as c, d\nfrom . import (x, y,)\nfrom ..p.q import *\n"
        "from .r import z\n"
    ),
    "functions": (
        "@deco\n@deco.call(1)\ndef f(a, b: int = 1, /, c=2, *args: str, d, e: x = 3, **kw: y) -> z:\n"
        "    global g\n    nonlocal h, i\n    return a\n    return\nasync def g(*, k): await k; yield; yield 1; yield from f()\n"
        "lambda: 0\nlambda a, /, b=1, *c, d, **e: (yield)\n"
    ),
    "classes": "@deco\nclass A(B, *C, metaclass=M, **kw):\n    '''text'''\n    x = 1\n    class B: pass\nclass C: ...\n",
    "branches": "if a: pass\nelif b: pass\nelse: pass\nif a:\n    b\nelse:\n    if c: d\nx = a if b else c\n",
    "loops": "for a, b in c: break\nelse: pass\nasync def f():\n    async for x in y: continue\nwhile a: b\nelse: c\n",
    "try": (
        "try: a\nexcept A: b\nexcept (B, C) as e: c\nexcept: d\nelse: e\nfinally: f\n"
        "try:\n    a\nfinally:\n    b\ntry: a\nexcept* A as e: b\n"
    ),
    "with": (
        "with a: pass\nwith a as b, c() as (d, e): pass\nwith (a as b, c): pass\nwith (a, b): pass\n"
        "with (a, b) as c: pass\nasync def f():\n    async with a as b: pass\n"
    ),
    "match": (
        "match x:\n    case 1 | -1 | 'a' 'b' | 1+2j | 1 - 2j: pass\n    case None | True: pass\n    case [a, *b, _]: pass\n"
        "    case (c, *_): pass\n    case d, e: pass\n    case {'k': f, **g}: pass\n    case P.Q(h, i=j) as k if k: pass\n"
        "    case A(): pass\n    case (x): pass\n    case f.g: pass\n    case _: pass\nmatch a, b:\n    case c: pass\n"
        "match *a, b:\n    case []: pass\n"
    ),
    "operators": (
        "a + b - c * d / e // f % g ** h @ i << j >> k & l | m ^ n\n+a, -a, ~a, not a\na and b or not c\n"
        "a < b <= c > d >= e == f != g in h not in i is j is not k\n(a and b) and (c or d)\n((a))\n(x := 1)\n"
    ),
    "displays": "(), (1,), (a, *b), [], [1, *c], {1, *d}, {}, {1: 2, **e}\n",
    "comprehensions": (
        "[a for b in c if d if e for f in g]\n{a for b in c}\n{a: b for c in d}\n(a async for b in c)\nf(a for b in c)\n"
        "[await x for x in y]\n"
    ),
    "calls": "f(a, *b, c=d, **e)(1)(2)\nf(a=1, *b)\na.b.c[1].d()\nf()\nprint(*a, sep='')\n",
    "subscripts": "a[1], a[1:2], a[:], a[1:2:3], a[::2], a[1, 2:3], a[1,], a[*b], a[*b, c], a[(1, 2)]\n",
    "numbers": "1, 1.5, 2j, 0xff, 1_000, 1e400, -1, -1.5, --1, -2j, " + "9" * 5_000 + "\n",
    "strings": (
        "'a' \"b\" '''c''', b'd' rb'e', r'\\f', u'g', f'', f'h', 'i' f'{j}k' 'l', f'{m!r:>{n}}{{}}{o=}{ p = !s:>3}'\n"
        "rf'\\{q}\\d', f'\\n{r}\\x41', '\\N{BULLET}\\u0041\\101\\\n', b'' b'', f'{1}{\"s\"}{None}', '\\\"', f'''a\n{b}\n'''\n"
    ),
    "comments and spaces": "# first\n\nx = 1  # c\n\n\ndef f():  # d\n    # e\n    pass\n    # f\n# g\n",
    "oddly written": "if a:\n\tif b :\n\t\tx = ( 1 ,\n2 )\\\n + 3\n\tclass A ( ) :\n\t\ty = f ( a = 1 , * b )\n",
    "types": "type X = int\ntype Y[T: int, *Ts, **P] = list[T]\ndef f[T: (int, str)](x): pass\nclass A[T]: pass\n",
    "type defaults": "def f[T = int, *Ts = *tuple[int]](x): pass\n",
    "template strings": "t'a{b!r:>{c}}'\nt'{d=}{{}}'\n",
    "bare except lists": "try: a\nexcept A, B: b\n",
    "unpacking in comprehensions": "[*a for a in b]\n{**a for a in b}\n{*a for a in b}\n(*a for a in b)\n",
    "lazy imports": "lazy import a.b as c\nlazy from .d import e, f\n",
}
"""By topic. The last ones are newer than Python 3.11."""
