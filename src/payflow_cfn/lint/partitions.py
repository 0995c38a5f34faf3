"""The rule about what differs between partitions, regions and accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.parsed_set import ParsedSet, walk
from payflow_cfn.aws.worlds import WORLDS, World
from payflow_cfn.lint.findings import Breach, some

_ARN = re.compile(r"\barn:([^:\s\"']*):([^:\s]*):([^:\s]*):([^:\s]*):")
_HOST = re.compile(r"[a-z0-9.-]+\.(?:amazonaws\.[a-z.]*[a-z]|amazonaws-us-gov\.com|aws\.amazon\.com|api\.aws)\b")
_REGION = re.compile(r"\b(?:af|ap|ca|cn|eu|eusc|il|me|mx|sa|us)(?:-[a-z]+)+-\d\b")
# Service principals that have one name in every partition; CloudWatch Logs' is regional and follows the suffix
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
PRINCIPALS = (
    *("apigateway", "cloudwatch", "delivery.logs", "events", "lambda", "pipes", "s3", "scheduler", "sns", "sqs"),
    "states",
)
_SECTIONS = ("Parameters", "Mappings", "Conditions", "Rules", "Resources", "Outputs")
# Texts for people and patterns, not names of anything.
_PROSE = ("Description", "ConstraintDescription", "AllowedPattern", "AssertDescription")


def no_partition(templates: ParsedSet) -> Iterator[Breach]:
    """PF043: every ARN, host, region, account and principal comes from pseudo parameters.

    A hard-coded one works where it was tested and fails in China, GovCloud or the sovereign cloud. Linters do
    not check it (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html).
    """
    told: set[tuple[str, str, str]] = set()
    texts = ((world, *each) for world in WORLDS for each in _texts(templates, world))
    for world, stack, path, text in some("text", texts):
        for problem in _problems(path, text, world):
            if (stack, path, problem) not in told:
                told.add((stack, path, problem))
                yield Breach(stack, path, problem)


def _texts(templates: ParsedSet, world: World) -> Iterator[tuple[str, str, str]]:
    for stack, template in templates.templates.items():
        for section in _SECTIONS:
            value = template.get(section, {})
            for path, each in walk(expand(templates, stack, value, world), section):
                # A packaged set holds the addresses of its own children, made for the region that it goes to.
                if isinstance(each, str) and path.rpartition("/")[2] not in (*_PROSE, "TemplateURL"):
                    yield stack, path, each


def _problems(path: str, text: str, world: World) -> Iterator[str]:
    has_arn = "arn:" in text  # most texts have none, and there are five thousand of them
    if has_arn:
        yield from _arn_problems(text, world)
    if "/Principal/Service" in path or (path.endswith("/Principal") and text.endswith(".amazonaws.com")):
        known = {f"{each}.amazonaws.com" for each in PRINCIPALS} | {f"logs.{world.region}.{world.suffix}"}
        if text not in known:
            yield f"{text} is not a service principal of the partition {world.partition} that is known here"
        return
    for host in _HOST.findall(text) if "aws" in text else ():
        if not host.endswith(f".{world.suffix}"):
            yield f"the host {host} is written out"
    for region in _REGION.findall(_ARN.sub("", text) if has_arn else text) if "-" in text else ():
        if region != world.region:
            yield f"the region {region} is written out"


def _arn_problems(text: str, world: World) -> Iterator[str]:
    for partition, _, region, account in _ARN.findall(text):
        if partition != world.partition:
            yield f"the partition {partition} is written out in an ARN"
        if region not in ("", "*", world.region):
            yield f"the region {region} is written out in an ARN"
        if account.isdigit() and account != world.account:
            yield f"the account {account} is written out in an ARN"
