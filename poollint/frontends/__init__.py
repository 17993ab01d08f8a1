"""What users meet: the command line, the flake8 plugin, the formats."""
