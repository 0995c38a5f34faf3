"""Interpret the rendered definition in this process."""
