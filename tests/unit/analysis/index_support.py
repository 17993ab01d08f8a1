"""Small projects, held in memory, through the index."""

from __future__ import annotations

import textwrap
from pathlib import Path

from poollint.analysis.index import Index
from poollint.catalogue.catalogue import load_catalogue
from poollint.model.settings import Depths


def index_of(files: dict[str, str | bytes], depths: Depths | None = None, root: Path = Path("/nowhere")) -> Index:
    raw = {path: _bytes(text) for path, text in files.items()}
    return Index(root, frozenset(raw), load_catalogue(), raw.__getitem__, depths=depths)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else textwrap.dedent(text).encode()
