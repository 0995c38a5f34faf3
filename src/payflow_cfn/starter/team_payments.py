"""The team's changes to the payment set; payflow.toml names the functions."""

from payflow_cfn.extensions import Draft, add_function, add_step


def screening(payments: Draft) -> Draft:
    """Screen each customer before the charge."""
    payments = add_function(payments, "screening", does="Screens the customer of a payment")
    return add_step(payments, "ScreenCustomer", function="screening", before="ProcessPayment", refuses=True)
