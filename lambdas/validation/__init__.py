"""The function that decides whether a payment may be processed and enters it in the ledger."""
