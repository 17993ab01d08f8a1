"""What poollint knows of libraries and frameworks, as data: one TOML file each."""
