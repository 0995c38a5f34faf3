"""Payments under planned faults, in process or on the emulator, and the reconciliation after them."""
