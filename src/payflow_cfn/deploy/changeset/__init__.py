"""The life of a change set: made, read, executed, followed, explained, or taken back."""
