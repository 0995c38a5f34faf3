"""The emulator's records, read back: calls, logs, metrics, notices."""
