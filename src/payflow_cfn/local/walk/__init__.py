"""The rendered definition interpreted in this process."""
