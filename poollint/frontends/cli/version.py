"""`poollint version`."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Prints the version."""
    from poollint import __version__

    if arguments:
        from poollint.engine.errors import UsageError

        raise UsageError(f'unexpected "{arguments[0]}" after version')
    print(f"poollint {__version__}")
    return 0
