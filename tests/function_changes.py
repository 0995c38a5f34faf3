"""Changes that break, and that keep, the rules about functions and what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from set_changes import Change, Sets, props, put, together

STACK = "functions"


def function(sets: Sets, title: str = "Validation") -> dict[str, Any]:
    return props(sets, STACK, f"{title}Function")


def variables(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = function(sets)["Environment"]["Variables"]
    return found


def rename(old: str, new: str) -> Change:
    return lambda sets: put(variables(sets), new, variables(sets).pop(old))


def set_to(logical: str, key: str, value: Any) -> Change:
    return lambda sets: put(props(sets, STACK, logical), key, value)


def version_of(sets: Sets, title: str) -> str:
    return next(str(name) for name in sets[STACK]["Resources"] if name.startswith(f"{title}Version"))


def point_to(title: str) -> Change:
    """Let the validation alias point to a version of this function."""
    return lambda s: put(
        props(s, STACK, "ValidationAlias"), "FunctionVersion", {"Fn::GetAtt": [version_of(s, title), "Version"]}
    )


def both_of_the_other(sets: Sets) -> None:
    point_to("Processing")(sets)
    put(props(sets, STACK, "ValidationAlias"), "FunctionName", {"Ref": "ProcessingFunction"})


def use_key(name: str) -> Change:
    return lambda s: put(props(s, "root", "Functions")["Parameters"], "LambdaKeyArn", key_output(name))


def key_output(name: str) -> Mapping[str, Any]:
    return {"Fn::GetAtt": ["Encryption", f"Outputs.{name}KeyArn"]}


def trust(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = props(sets, STACK, "ValidationRole")["AssumeRolePolicyDocument"]["Statement"][0]
    return found


def logs_of(sets: Sets) -> dict[str, Any]:
    statements = props(sets, STACK, "ValidationRole")["Policies"][0]["PolicyDocument"]["Statement"]
    found: dict[str, Any] = next(each for each in statements if each["Sid"] == "WriteLogs")
    return found


def consume(queue: Mapping[str, Any], arn: Any) -> Change:
    """Let the validation function read from a queue."""

    def changed(sets: Sets) -> None:
        resources = sets[STACK]["Resources"]
        resources["Inbox"] = {"Type": "AWS::SQS::Queue", "Properties": dict(queue)}
        given = {"FunctionName": {"Ref": "ValidationFunction"}, "EventSourceArn": arn}
        resources["Source"] = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": given}

    return changed


BAD: list[tuple[str, str, Change]] = [
    ("PF051", "a version of the other function", point_to("Processing")),
    ("PF051", "the other function of a version",
     set_to("ValidationAlias", "FunctionName", {"Ref": "ProcessingFunction"})),
    ("PF051", "the latest code", set_to("ValidationAlias", "FunctionVersion", "$LATEST")),
    ("PF052", "a module that is not", set_to("ValidationFunction", "Handler", "validation.handlers.handle")),
    ("PF052", "a function that is not", set_to("ValidationFunction", "Handler", "validation.handler.handler")),
    ("PF052", "the other function's", set_to("ValidationFunction", "Handler", "processing.handler.handle")),
    ("PF052", "the other code", set_to("ValidationFunction", "Code", "./artifacts/processing.zip")),
    ("PF053", "misspelt", rename("TABLE_NAME", "TABEL_NAME")),
    ("PF053", "missing", lambda s: variables(s).pop("TABLE_NAME")),
    ("PF053", "one that has a default", rename("ENVIRONMENT", "ENVIROMENT")),
    ("PF054", "a role of another service", lambda s: put(trust(s), "Principal", {"Service": "sns.amazonaws.com"})),
    ("PF054", "no log", lambda s: put(logs_of(s), "Action", ["logs:CreateLogStream"])),
    ("PF054", "the other function's log",
     set_to("ValidationFunction", "LoggingConfig", {"LogGroup": {"Ref": "ProcessingLogGroup"}})),
    ("PF054", "another key", together(
        lambda s: s[STACK]["Parameters"].update(OtherKeyArn={"Type": "String"}),
        lambda s: put(props(s, "root", "Functions")["Parameters"], "OtherKeyArn", key_output("Sns")),
        set_to("ValidationFunction", "KmsKeyArn", {"Ref": "OtherKeyArn"}),
    )),
    ("PF054", "a workflow's role that Lambda assumes",
     lambda s: put(props(s, "workflow", "WorkflowRole")["AssumeRolePolicyDocument"]["Statement"][0], "Principal",
                   {"Service": "lambda.amazonaws.com"})),
    ("PF055", "the other function's role",
     set_to("ValidationFunction", "Role", {"Fn::GetAtt": ["ProcessingRole", "Arn"]})),
    ("PF055", "the other function's group",
     set_to("ValidationFunction", "LoggingConfig", {"LogGroup": {"Ref": "ProcessingLogGroup"}})),
    ("PF055", "an alias of the other function", both_of_the_other),
    ("PF055", "a version of the other function",
     lambda s: put(props(s, STACK, version_of(s, "Validation")), "FunctionName", {"Ref": "ProcessingFunction"})),
    ("PF056", "less than a wait", set_to("ValidationFunction", "Timeout", 3)),
    ("PF056", "no time at all", lambda s: function(s).pop("Timeout")),
    ("PF056", "a message comes back", consume({}, {"Fn::GetAtt": ["Inbox", "Arn"]})),
    ("PF056", "a queue's address", consume({"VisibilityTimeout": 900}, {"Ref": "Inbox"})),
]  # fmt: skip
GOOD: list[tuple[str, Change]] = [
    ("PF051 a version by its number", set_to("ValidationAlias", "FunctionVersion", "7")),
    ("PF052 code that is not known",
     set_to("ValidationFunction", "Code", {"S3Bucket": "bucket", "S3Key": "code.zip"})),
    ("PF053 a variable of the runtime", lambda s: put(variables(s), "AWS_LAMBDA_EXEC_WRAPPER", "/opt/x")),
    ("PF053 one with a default is not set", lambda s: variables(s).pop("ENVIRONMENT")),
    ("PF053 a layer may read it", together(
        set_to("ValidationFunction", "Layers", ["arn"]),
        lambda s: put(variables(s), "OWN", "x"),
    )),
    ("PF054 a managed policy may allow it", together(
        lambda s: put(logs_of(s), "Action", ["logs:CreateLogStream"]),
        set_to("ValidationRole", "ManagedPolicyArns", ["arn"]),
    )),
    ("PF054 every log", lambda s: put(logs_of(s), "Resource", ["*"])),
    ("PF055 one role for both", together(
        lambda s: s[STACK]["Resources"].update(SharedRole=s[STACK]["Resources"]["ValidationRole"]),
        set_to("ValidationFunction", "Role", {"Fn::GetAtt": ["SharedRole", "Arn"]}),
    )),
    ("PF056 hidden long enough", consume({"VisibilityTimeout": 300}, {"Fn::GetAtt": ["Inbox", "Arn"]})),
]  # fmt: skip
