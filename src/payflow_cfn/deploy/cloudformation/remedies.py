"""Remedies for the reasons that CloudFormation gives most often."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hint:
    """A remedy and the reasons that it is for; `{name}` in the advice is the pattern's group of that name."""

    name: str
    pattern: re.Pattern[str]
    advice: str


def _hint(name: str, *patterns: str, advice: str) -> Hint:
    return Hint(name, re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL), advice)


_REFUSED = (
    r"not authorized to perform:?\s+(?P<action>[a-z0-9-]+:[A-Za-z*]+)(?:\s+on resource:?\s+(?P<resource>.+?))?\s+"
)
# Kinds of policy that the caller's own cannot overrule: what one of them does not allow is denied as well. Names are
# those of AWS (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html).
_OF_OTHERS = {
    "service control policy": "an administrator of the organization has to change the service control policy",
    "resource control policy": "an administrator of the organization has to change the resource control policy",
    "permissions boundary": "the person who manages this user or role has to change the permissions boundary",
    "session policy": "assume the role again, with another session policy than the one",
    "VPC endpoint policy": "the person who manages the endpoint has to change the VPC endpoint policy",
}
_OF_ONES_OWN = {
    "identity-based policy": "remove the denial from the policy of this user or role",
    "resource-based policy": "remove the denial from the resource's own policy",
    "role trust policy": "remove the denial from the role's trust policy",
}


def _denials() -> Iterator[Hint]:
    for kind, remedy in {**_OF_OTHERS, **_OF_ONES_OWN}.items():
        explicit, implicit = rf"with an explicit deny in (?:an?|the) {kind}", f"because no {kind} allows"
        how = f"(?:{explicit}|{implicit})" if kind in _OF_OTHERS else explicit
        yield _hint(f"denied by {kind}", _REFUSED + how, advice=f"{remedy} that denies {{action}} on {{resource}}")


# The order matters: the first pattern that matches gives the advice. A pattern uses AWS's code if there is one
# (HandlerErrorCode, https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html),
# else AWS's text.
HINTS: tuple[Hint, ...] = (
    *_denials(),
    _hint(
        "key policy",
        r"KMS key.{0,200}(does not exist or is not allowed|not allowed to be used)",
        r"not authorized to perform:? kms:",
        r"kms:[A-Za-z*]+.{0,120}(resource-based policy|key policy)",
        r"KMS.{0,60}AccessDenied",
        advice="the key's policy does not let this service or role use the key: "
        "compare its region, account and the exact ARN in its conditions with what uses it",
    ),
    _hint(
        "custom name",
        r"custom-named resource requires replacing",
        advice="a property that only a new resource can have was changed on a resource with a fixed name: "
        "undo that change, or deploy under another environment name",
    ),
    _hint(
        "log policy size",
        r"resource policy (size|document).{0,60}exceed",
        r"LimitExceededException.{0,80}resource polic",
        r"InvalidLoggingConfiguration.{0,120}resource polic",
        advice="the account's log delivery policy is full (about 5,120 characters): log groups have to begin with "
        "/aws/vendedlogs/, and old lines of `aws logs describe-resource-policies` may go",
    ),
    _hint(
        "exists",
        r"HandlerErrorCode: AlreadyExists",
        r"AlreadyExistsException",
        r"EntityAlreadyExists",
        r"\balready exists?\b",
        advice="something of this name exists already and belongs to no stack of ours (kept by an earlier destroy, or "
        "made by hand): import it, choose another environment name, or delete it by hand",
    ),
    _hint(
        "role to assume",
        r"not authorized to perform:? sts:AssumeRole",
        advice="these credentials may not assume that role: allow sts:AssumeRole on it, let its trust policy "
        "admit them, or correct role_arn in payflow.toml",
    ),
    _hint(
        "action denied",
        r"not authorized to perform:?\s+(?P<action>[a-z0-9-]+:[A-Za-z*]+)"
        r"(\s+on resource:?\s+(?P<resource>.+?)(?=\s+(because|with)\s|\s*\(|[,;]\s|[.,;]?\s*$|\.\s))?",
        advice="the caller lacks {action} on {resource}: `payflow policy deployer` prints what is needed",
    ),
    _hint(
        "template access",
        r"S3 error: (Access Denied|The specified key does not exist|The bucket you are attempting)",
        advice="CloudFormation cannot read the template or the code from the bucket: "
        "package again, into a bucket of this region that the deployer may read",
    ),
    _hint(
        "service role",
        r"\bRole (?P<role>\S+) is invalid or cannot be assumed",
        advice="CloudFormation cannot assume {role}: check service_role_arn in payflow.toml, and that the role exists "
        "and trusts cloudformation.amazonaws.com (`payflow policy deployer` prints its trust policy)",
    ),
    _hint(
        "export",
        r"No export named (?P<export>\S+) found",
        advice="no stack of this account and region exports {export}: deploy the stack that does, or correct the name",
    ),
    _hint(
        "role not ready",
        r"cannot be assumed by",
        r"is not authorized to assume",
        r"execution role does(n't| not) have permissions? to",
        advice="the role or its policy is too new (deploy again in a minute), or its trust policy or a service control "
        "policy stops the service",
    ),
    _hint(
        "concurrency",
        r"ReservedConcurrentExecutions",
        r"UnreservedConcurrentExecution",
        advice="the account has too little unreserved concurrency: lower the reservation, or ask for a higher quota",
    ),
    _hint(
        "quota",
        r"HandlerErrorCode: ServiceLimitExceeded",
        r"LimitExceeded",
        r"exceeded.{0,40}(limit|quota)",
        r"(limit|quota).{0,40}exceeded",
        advice="a service quota is used up: remove what is not needed, or ask for more in Service Quotas",
    ),
    _hint(
        "access denied",
        r"HandlerErrorCode: (AccessDenied|InvalidCredentials)",
        r"Access ?Denied",
        r"UnauthorizedOperation",
        advice="the caller lacks a permission: `payflow policy deployer` prints what is needed",
    ),
    _hint(
        "capabilities",
        r"InsufficientCapabilities",
        r"Requires capabilities",
        advice="deploy with the capability that is named",
    ),
    _hint(
        "throttled",
        r"HandlerErrorCode: Throttling",
        r"Rate exceeded",
        advice="AWS was short of capacity for calls: deploy again",
    ),
    _hint(
        "not stable",
        r"HandlerErrorCode: NotStabilized",
        r"did not stabilize",
        r"timed out",
        advice="the resource did not become ready in time: deploy again, then read its service's own events",
    ),
    _hint(
        "alarm",
        r"alarms? .{0,80}(breach|in ALARM)",
        advice="a rollback alarm went off during the deploy: look at that alarm before deploying again",
    ),
    _hint(
        "not found",
        r"HandlerErrorCode: NotFound",
        r"does not exist",
        r"ResourceNotFound",
        advice="something that the stack uses is not there, or no longer: after an update, `payflow drift` shows what "
        "was removed",
    ),
    _hint(
        "resource type",
        r"Unsupported resource type",  # the embedded AWS
        r"Unrecognized resource types?",
        advice="there is no such resource type here: the embedded AWS needs the parameter ResourceCoverage=core, "
        "elsewhere the region may lack the service",
    ),
    _hint(
        "invalid",
        r"HandlerErrorCode: InvalidRequest",
        r"Template (format )?error",
        r"ValidationError",
        r"InvalidParameter",
        advice="the service does not take these values: `payflow lint`, then the named resource's parameters",
    ),
)


def hint_for(reason: str) -> str:
    """The advice for a reason; empty when no pattern matches."""
    for hint in HINTS:
        match = hint.pattern.search(reason)
        if match:
            named = {name: value or "the resource" for name, value in match.groupdict().items()}
            return hint.advice.format(**named)
    return ""
