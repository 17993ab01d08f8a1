"""The command `poollint`: one file a subcommand."""
