"""The set with the team's changes: clean, and payments have their effects on the embedded AWS."""


def payment(transaction_id, customer_id):
    facts = {"payment_amount": "100.50", "payment_method": "credit_card"}
    return {"transaction_id": transaction_id, "customer_id": customer_id, **facts}


def test_the_set_is_clean(payflow_findings):
    assert payflow_findings == []


def test_a_payment_is_charged(payflow_deployed):
    paid = payflow_deployed.pay(payment("T-1", "CUST-1"))
    assert (paid.status, paid.charges, paid.notices) == ("COMPLETED", 1, ())


def test_a_refused_customer_is_declined_and_not_charged(payflow_deployed):
    paid = payflow_deployed.pay(payment("T-2", "CUST-REFUSED"))
    assert (paid.status, paid.charges, len(paid.notices)) == ("DECLINED", 0, 1)
