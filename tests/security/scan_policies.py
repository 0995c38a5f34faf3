"""What parliament says of every rendered policy, in every structure that changes one.

python tests/security/scan_policies.py
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator

import parliament

from payflow_cfn.audit.permissions.configurations import CASES
from payflow_cfn.audit.permissions.resolve_conditions import effective
from payflow_cfn.aws.grants import policies_of
from payflow_cfn.aws.intrinsics import as_text
from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.stacks.render import build_set

# Only identity policies are in parliament's language; resource policies have a principal, which it takes for a mistake.
KIND = "identity "


# What only AWS can name, as AWS would: keys, aliases, and a log group's ARN, which ends in `:*` there.
NAMED = (
    (r'"encryption/\w+\.Arn"', '"arn:aws:kms:eu-west-2:111122223333:key/12345678-1234-1234-1234-123456789012"'),
    (r'"functions/\w+Alias\.Ref"', '"arn:aws:lambda:eu-west-2:111122223333:function:lambda-payment:live"'),
    (r'(:log-group:[\w/-]+)"', r'\1:*"'),
)


# What parliament says although AWS says otherwise, by how the line begins; docs/security.md has the same reasons.
ACCEPTED = {
    "UNKNOWN_CONDITION_FOR_ACTION Unknown condition lambda:SourceFunctionArn for action ec2:": (
        "Lambda adds this key to every request of a function's own code, whatever the service"
    ),
    "RESOURCE_MISMATCH [{'action': 'ec2:CreateNetworkInterface', 'required_format': ": (
        "the pattern of any resource of the account's EC2 holds the interfaces, and Lambda's guide asks for it"
    ),
    "RESOURCE_MISMATCH [{'action': 'ec2:DeleteNetworkInterface', 'required_format': ": (
        "the pattern of any resource of the account's EC2 holds the interfaces, and Lambda's guide asks for it"
    ),
}


def accepted(finding: str, used: set[str]) -> bool:
    """Whether the finding is one of ACCEPTED; which one it was is put into `used`."""
    matching = {each for each in ACCEPTED if finding.startswith(each)}
    used |= matching
    return bool(matching)


def _as_deployed(document: str) -> str:
    for pattern, name in NAMED:
        document = re.sub(pattern, name, document)
    return document


def findings() -> Iterator[str]:
    """One line for each finding that is not accepted, and for each acceptance that accepts nothing any more."""
    scanned, used = 0, set[str]()
    for case in CASES:
        templates = effective(parse_set(build_set(case.settings).templates), case.parameters)
        for policy in policies_of(templates):
            if policy.name.startswith(KIND):
                document = as_text(templates, policy.document)
                analyzed = parliament.analyze_policy_string(_as_deployed(json.dumps(document)))
                scanned += 1
                said = [f"{each.issue} {each.detail}" for each in analyzed.findings]
                yield from (f"{case.name}: {policy.name}: {each}" for each in said if not accepted(each, used))
    yield from (f"accepted without need: {each}" for each in ACCEPTED if each not in used)
    if not scanned:
        yield "no policy was found to scan"
    sys.stderr.write(f"{scanned} policies scanned\n")


if __name__ == "__main__":
    found = list(findings())
    sys.stdout.writelines(f"{each}\n" for each in found)
    sys.exit(bool(found))
