"""The emulator as a child process: start, sign, warm, patch, end."""
