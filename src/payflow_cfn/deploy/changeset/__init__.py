"""The life of a change set: propose, review, execute, wait, explain."""
