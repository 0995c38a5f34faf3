"""The demo: deploy the set on the emulator and run its scenarios."""
