"""Text and trees: sources decoded and parsed once, the walker, positions, suppressions."""
