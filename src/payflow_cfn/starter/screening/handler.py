"""The screening function: an answer with `refuse` declines the payment before anything is charged."""

REFUSED = frozenset({"CUST-REFUSED"})


def handle(event: dict, context: object) -> dict:
    """Refuse the customers of the list; replace it by a call of your provider."""
    return {"refuse": "listed"} if event["payment"]["customer_id"] in REFUSED else {}
