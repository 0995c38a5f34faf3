"""The permissions that each role, and each service in its own name, needs: one line each, with reason and source.

The lines are written from the functions' code and AWS's documentation, not from the granted policies. The calls of the
state machine are not here: `invoked` derives them from its definition.
"""

from __future__ import annotations

from payflow_cfn.audit.permissions import terms
from payflow_cfn.audit.permissions.terms import Need
from payflow_cfn.config import names

_CREATES = "ec2:CreateNetworkInterface"
_INTERFACES = "ec2:DeleteNetworkInterface ec2:AssignPrivateIpAddresses ec2:UnassignPrivateIpAddresses"
_DOES = ("makes", "numbers and removes")
_LOOKS = "ec2:DescribeNetworkInterfaces ec2:DescribeSubnets"


def _in_vpc(title: str) -> tuple[Need, ...]:
    role = f"identity {title}Role"
    creates, removes = (f"Lambda {each} the function's network interfaces in the role's name" for each in _DOES)
    code = ("ArnEquals", "lambda:SourceFunctionArn", (terms.arn_of("lambda", f"function:{_FUNCTIONS[title]}"),))
    return (
        Need(role, _CREATES, "any interface, subnet or group", creates, terms.FUNCTION_VPC, when="vpc"),
        Need(role, _CREATES, "a subnet that another account shares", creates, terms.FUNCTION_VPC, when="vpc"),
        Need(role, _CREATES, "a security group that another account shares", creates, terms.FUNCTION_VPC,
             when="vpc"),
        Need(role, _INTERFACES, "any interface, subnet or group", removes, terms.FUNCTION_VPC, when="vpc"),
        Need(role, _LOOKS, "every resource", "Lambda reads subnets and interfaces in the role's name; these actions "
             "have no resource types", terms.FUNCTION_VPC, when="vpc"),
        Need(role, f"{_CREATES} {_INTERFACES} {_LOOKS}", "every resource", "only Lambda may do this in the network, "
             "not the function's own code", terms.FUNCTION_VPC, conditions=(code,), when="vpc", effect="Deny"),
    )  # fmt: skip


_FUNCTIONS = {"Validation": names.VALIDATION_FUNCTION.sub(), "Processing": names.PROCESSING_FUNCTION.sub()}


def _opens_environment(title: str) -> Need:
    own = terms.arn_of("lambda", f"function:{_FUNCTIONS[title]}")
    ours = ("StringEquals", "kms:EncryptionContext:aws:lambda:FunctionArn", (own,))
    return Need(f"identity {title}Role", "kms:Decrypt", "the functions' key",
                "Lambda opens the function's environment in the role's name", terms.FUNCTION_KEY,
                conditions=(ours,))  # fmt: skip


_VALIDATION, _PROCESSING, _WORKFLOW = "identity ValidationRole", "identity ProcessingRole", "identity WorkflowRole"

NEEDS: tuple[Need, ...] = (
    # --- validation's role
    Need(_VALIDATION, "dynamodb:PutItem", "the table", "writes the validated or rejected payment down, once",
         terms.CONDITIONAL, seen="observed"),
    Need(_VALIDATION, "kms:Decrypt", "the table's key", "DynamoDB opens the table's key in the caller's name",
         terms.TABLE_KEY, conditions=terms.FOR_TABLE),
    Need(_VALIDATION, "logs:CreateLogStream logs:PutLogEvents", "validation's log group",
         "Lambda writes the function's log in the role's name", terms.FUNCTION_LOGS),
    Need(_VALIDATION, "xray:PutTraceSegments xray:PutTelemetryRecords", "every resource",
         "Lambda sends traces in the role's name; these actions have no resource types", terms.FUNCTION_TRACES,
         when="tracing"),
    # --- processing's role
    Need(_PROCESSING, "dynamodb:UpdateItem", "the table", "claims the payment and settles it", terms.CONDITIONAL,
         seen="observed"),
    Need(_PROCESSING, "dynamodb:GetItem", "the table", "reads the row where a refused write does not show it",
         terms.CONDITIONAL, seen="observed"),
    Need(_PROCESSING, "kms:Decrypt", "the table's key", "DynamoDB opens the table's key in the caller's name",
         terms.TABLE_KEY, conditions=terms.FOR_TABLE),
    Need(_PROCESSING, "logs:CreateLogStream logs:PutLogEvents", "processing's log group",
         "Lambda writes the function's log in the role's name", terms.FUNCTION_LOGS),
    Need(_PROCESSING, "xray:PutTraceSegments xray:PutTelemetryRecords", "every resource",
         "Lambda sends traces in the role's name; these actions have no resource types", terms.FUNCTION_TRACES,
         when="tracing"),
    Need(_PROCESSING, "secretsmanager:GetSecretValue", "the secret", "reads the gateway's API key", terms.SECRETS,
         when="gateway key", seen="observed"),
    Need(_PROCESSING, "kms:Decrypt", "the functions' key", "Secrets Manager decrypts the API key in the caller's name",
         terms.SECRETS, conditions=terms.FOR_SECRET, when="gateway key"),
    # --- both functions' roles: their environment, and a VPC
    *(_opens_environment(name) for name in ("Validation", "Processing")),
    *(each for name in ("Validation", "Processing") for each in _in_vpc(name)),
    # --- the state machine's role, beside what its states call
    Need(_WORKFLOW, "kms:Decrypt kms:GenerateDataKey", "the topic's key",
         "SNS encrypts the notice in the publisher's name", terms.TOPIC_KEY, conditions=terms.FOR_TOPIC),
    Need(_WORKFLOW, "kms:Decrypt", "the table's key", "DynamoDB opens the table's key in the caller's name",
         terms.TABLE_KEY, conditions=terms.FOR_TABLE),
    Need(_WORKFLOW, "kms:Decrypt kms:GenerateDataKey", "the workflow's key",
         "Step Functions encrypts an execution's history in the role's name", terms.MACHINE_KEY,
         conditions=terms.FOR_MACHINE),
    Need(_WORKFLOW, "kms:GenerateDataKey", "the workflow's key",
         "Step Functions encrypts the log events for their delivery", terms.MACHINE_KEY, conditions=terms.FOR_DELIVERY),
    Need(_WORKFLOW, "logs:CreateLogDelivery logs:GetLogDelivery logs:UpdateLogDelivery logs:DeleteLogDelivery "
         "logs:ListLogDeliveries logs:PutResourcePolicy logs:DescribeResourcePolicies logs:DescribeLogGroups",
         "every resource", "Step Functions sets up the delivery of its logs; these actions have no resource types",
         terms.MACHINE_LOGS),
    Need(_WORKFLOW, "xray:PutTraceSegments xray:PutTelemetryRecords xray:GetSamplingRules xray:GetSamplingTargets",
         "every resource", "Step Functions samples and sends traces; these actions have no resource types",
         terms.MACHINE_TRACES, when="tracing"),
    # --- who may assume each role
    *(
        Need(f"trust {each}Role", "sts:AssumeRole", "the role itself", "Lambda runs the function as this role",
             terms.FUNCTION_ROLE, principal="Service lambda.amazonaws.com", conditions=(terms.OUR_ACCOUNT_IF_TOLD,))
        for each in ("Validation", "Processing")
    ),
    Need("trust WorkflowRole", "sts:AssumeRole", "the role itself", "Step Functions runs this workflow as this role",
         terms.MACHINE_ROLE, principal="Service states.amazonaws.com",
         conditions=(terms.OUR_ACCOUNT, ("ArnLike", "aws:SourceArn", (terms.MACHINE,)))),
    # --- the keys' own policies
    *(
        Need(f"key {each}Key", "kms:*", "the key itself", "a key without its account can never be managed again",
             terms.KEY_DEFAULT, principal="AWS arn:${AWS::Partition}:iam::${AWS::AccountId}:root",
             when=f"own {each}Key")
        for each in ("Dynamodb", "Sns", "Cloudwatch", "Lambda", "States")
    ),
    Need("key SnsKey", "kms:Decrypt kms:GenerateDataKey*", "the key itself", "alarms publish to the encrypted topic",
         terms.ALARMS, principal="Service cloudwatch.amazonaws.com", conditions=(terms.OUR_ACCOUNT, terms.OUR_ALARMS),
         when="own SnsKey"),
    Need("key SnsKey", "kms:Decrypt kms:GenerateDataKey*", "the key itself",
         "SNS puts undeliverable notices into the encrypted queue", terms.QUEUE_KEY,
         principal="Service sns.amazonaws.com",
         conditions=(terms.OUR_ACCOUNT, terms.OUR_TOPIC),
         when="own SnsKey"),
    Need("key CloudwatchKey", "kms:Encrypt kms:Decrypt kms:ReEncrypt* kms:GenerateDataKey* kms:DescribeKey",
         "the key itself", "CloudWatch Logs encrypts these log groups", terms.LOGS_KEY,
         principal="Service logs.${AWS::Region}.${AWS::URLSuffix}",
         conditions=(terms.OUR_GROUPS,),
         when="own CloudwatchKey"),
    Need("key StatesKey", "kms:Decrypt", "the key itself", "log delivery reads what the encrypted state machine logs",
         terms.MACHINE_KEY, principal="Service delivery.logs.amazonaws.com", conditions=terms.FOR_DELIVERY,
         when="own StatesKey"),
    # --- the policies of topic, queue and secret
    Need("topic NotificationsTopic", "sns:Publish", "the topic", "alarms send notices", terms.ALARMS,
         principal="Service cloudwatch.amazonaws.com", conditions=(terms.OUR_ACCOUNT, terms.OUR_ALARMS)),
    Need("topic NotificationsTopic", "sns:Publish", "the topic", "nobody publishes without TLS", terms.PLAIN,
         principal="*", conditions=terms.PLAIN_TRANSPORT, effect="Deny"),
    Need("queue NotificationsDeadLetterQueue", "sqs:SendMessage", "the queue", "the topic sends undeliverable notices",
         terms.QUEUE_POLICY, principal="Service sns.amazonaws.com", conditions=(terms.OUR_TOPIC,)),
    Need("queue NotificationsDeadLetterQueue", "sqs:*", "the queue",
         "nobody uses the queue without TLS", terms.PLAIN, principal="*",
         conditions=terms.PLAIN_TRANSPORT, effect="Deny"),
    Need("secret GatewaySecret", "secretsmanager:GetSecretValue", "every resource",
         "nobody but processing reads the API key", terms.SECRET_POLICY, principal="*",
         conditions=(("ArnNotLike", "aws:PrincipalArn", ("functions/ProcessingRole.Arn",)),),
         when="gateway key policy", effect="Deny"),
)  # fmt: skip
