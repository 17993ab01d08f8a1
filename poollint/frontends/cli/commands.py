"""The subcommands, and what the exit status means."""

from __future__ import annotations

COMMANDS = ("check", "clean", "pools", "rule", "rules", "size", "vendor", "version")
"""Each is a module beside this one with `main(arguments) -> int`."""

CLEAN, FINDINGS, USAGE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141
"""Nothing to say; something found; not done as asked; stopped by Ctrl-C; nobody reads on."""
