"""Let services start payments by HTTPS: an API with IAM authorization that calls Step Functions itself."""

from __future__ import annotations

from typing import Any

from troposphere import GetAtt, If, NoValue, Ref, Sub

from payflow_cfn.extensions import Draft, add_parameter, add_resource

API = {"ApiId": Ref("FrontDoorApi")}
BOUNDARY = Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/${PermissionsBoundary}")


def front_door(payments: Draft) -> Draft:
    """Add the API, its one route, the limits of its stage, and the role that starts executions."""
    for name, default, text in (("Rate", 50, "Requests in a second"), ("Burst", 100, "Requests at once")):
        payments = add_parameter(payments, f"FrontDoor{name}", description=text, Type="Number", default=default)
    api = {"Name": Sub("api-front-door-${Environment}"), "ProtocolType": "HTTP"}
    outputs = {"FrontDoorUrl": GetAtt("FrontDoorApi", "ApiEndpoint"), "FrontDoorApiId": Ref("FrontDoorApi")}
    payments = add_resource(
        payments, "workflow", _typed("ApiGatewayV2::Api", api), name="FrontDoorApi", outputs=outputs
    )
    why = "the API starts payments, and does nothing else"
    for kind, title, properties in (
        ("ApiGatewayV2::Integration", "FrontDoorStart", _integration()),
        ("ApiGatewayV2::Route", "FrontDoorRoute", _route()),
        ("ApiGatewayV2::Stage", "FrontDoorStage", _stage()),
    ):
        payments = add_resource(payments, "workflow", _typed(kind, {**API, **properties}), name=title, why=why)
    role = _typed("IAM::Role", _role())
    accept = {"PF024": "AWS documents no source condition for a role that API Gateway assumes"}
    return add_resource(payments, "workflow", role, name="FrontDoorRole", why=why, accept=accept)


def _typed(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def _integration() -> dict[str, Any]:
    return {
        "IntegrationType": "AWS_PROXY",
        "IntegrationSubtype": "StepFunctions-StartExecution",
        "CredentialsArn": GetAtt("FrontDoorRole", "Arn"),
        # The same key and body start one execution: Step Functions keeps a name for 90 days.
        "RequestParameters": {
            "StateMachineArn": Ref("PaymentWorkflow"),
            "Name": "$request.header.Idempotency-Key",
            "Input": "$request.body",
        },
        "PayloadFormatVersion": "1.0",
        "TimeoutInMillis": 10000,
    }


def _route() -> dict[str, Any]:
    return {
        "RouteKey": "POST /payments",
        "AuthorizationType": "AWS_IAM",
        "Target": Sub("integrations/${FrontDoorStart}"),
    }


def _stage() -> dict[str, Any]:
    limits = {"ThrottlingRateLimit": Ref("FrontDoorRate"), "ThrottlingBurstLimit": Ref("FrontDoorBurst")}
    return {"StageName": "$default", "AutoDeploy": True, "DefaultRouteSettings": limits}


def _role() -> dict[str, Any]:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "apigateway.amazonaws.com"}}
    start = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": Ref("PaymentWorkflow")}
    return {
        "RoleName": Sub("role-front-door-${Environment}"),
        "Path": Ref("RolePath"),
        "PermissionsBoundary": If("HasBoundary", BOUNDARY, NoValue),
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [{"PolicyName": "start", "PolicyDocument": {"Version": "2012-10-17", "Statement": [start]}}],
    }
