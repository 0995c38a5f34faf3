"""Screen each customer against the compliance team's list before the charge."""

from __future__ import annotations

from troposphere import GetAtt, Ref, Sub
from troposphere.s3 import Bucket, VersioningConfiguration

from payflow_cfn.extensions import Draft, Permission, add_function, add_resource, add_step


def screening(payments: Draft) -> Draft:
    """Add the bucket with the list, the function that reads it, and the step."""
    payments = add_resource(
        payments,
        "storage",
        # Versions: an auditor asks which list was in force on a day.
        Bucket("ScreeningBucket", VersioningConfiguration=VersioningConfiguration(Status="Enabled")),
        outputs={"ScreeningBucketName": Ref("ScreeningBucket"), "ScreeningBucketArn": GetAtt("ScreeningBucket", "Arn")},
    )
    payments = add_function(
        payments,
        "screening",
        does="Screens the customer of a payment against the list of refused customers",
        environment={"BUCKET": Ref("ScreeningBucketName")},
        needs=[Permission("s3:GetObject", Sub("${ScreeningBucketArn}/refused.txt"), "it reads the list")],
    )
    return add_step(payments, "ScreenCustomer", function="screening", before="ProcessPayment", refuses=True)
