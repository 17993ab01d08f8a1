"""Running: which files, which rules, which findings, which changes."""
