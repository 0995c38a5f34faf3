"""The money domain that both functions share: amounts, facts, the ledger and the payment gateways."""
