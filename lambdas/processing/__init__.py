"""The function that charges a validated payment once, and asks the gateway about payments with an unknown outcome."""
