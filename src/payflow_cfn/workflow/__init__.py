"""The state machine, and the start of one execution of it."""
