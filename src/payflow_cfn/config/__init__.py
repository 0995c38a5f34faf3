"""payflow.toml: its keys and their meaning."""
