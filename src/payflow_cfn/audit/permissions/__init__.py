"""Needed permissions, granted ones, and the difference."""
