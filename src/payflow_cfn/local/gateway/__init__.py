"""The fake payment gateway and the proxy before the table, with the faults of both."""
