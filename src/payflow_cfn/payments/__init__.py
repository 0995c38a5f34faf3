"""One payment and the book of payments, for people: look up, ask, settle, list, forget, restore."""
