"""How a report is printed: one file a format, each with `render(report, style) -> str`."""
