"""The function that charges a validated payment once, and asks about the ones whose outcome is unknown."""
