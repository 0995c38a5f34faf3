"""payflow.toml: its keys, their rules and their meaning."""
