"""The permissions that the functions use on the emulator."""
