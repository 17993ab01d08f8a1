"""The vocabulary of change: one verb a file, as text edits over the source as read."""
