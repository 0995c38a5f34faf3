"""The state machine, and starting one execution of it."""
