"""Rules about sizes, counts, names and tags that AWS refuses late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from payflow_cfn.aws.intrinsics import expand
from payflow_cfn.aws.names import NAMED
from payflow_cfn.aws.parsed_set import ROOT, ParsedSet
from payflow_cfn.aws.tags import ENVIRONMENT_TAG, FIXED_TAGS, MOST_TAGS, tag_problem
from payflow_cfn.aws.template import notes_of, prefix_of
from payflow_cfn.aws.values import Attribute, listed, symbols_in
from payflow_cfn.aws.worlds import World
from payflow_cfn.config.names import ALL_NAMES, ENVIRONMENT_LIMIT
from payflow_cfn.lint.findings import Breach, NothingToCheckError, some
from payflow_cfn.lint.ours import says_payflow
from payflow_cfn.lint.references import APART

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
# The page has 1 MB; AWS's refusal says "Template may not exceed 1000000 bytes in size."
MOST_BYTES = 1_000_000
INLINE_BYTES = 51_200
_COUNTS = {"Outputs": 200, "Parameters": 200, "Resources": 500, "Mappings": 200}
TAGGABLE = (
    "AWS::CloudFormation::Stack", "AWS::CloudWatch::Alarm", "AWS::CloudWatch::AlarmMuteRule",
    "AWS::CloudWatch::CompositeAlarm", "AWS::CloudWatch::Dashboard", "AWS::DynamoDB::Table", "AWS::IAM::Role",
    "AWS::KMS::Key", "AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::SNS::Topic", "AWS::S3::Bucket",
    "AWS::SQS::Queue", "AWS::SecretsManager::Secret", "AWS::StepFunctions::StateMachine",
)  # fmt: skip


def within_limits(templates: ParsedSet) -> Iterator[Breach]:
    """PF040: each template fits CloudFormation's limits.

    AWS refuses a larger one only during the deploy. Sizes are bytes of UTF-8
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
    """
    if not any(template.get("Resources") for template in templates.templates.values()):
        raise NothingToCheckError("resource")
    for stack, template in templates.templates.items():
        size = len(templates.texts[stack].encode())
        if size > MOST_BYTES:
            yield Breach(stack, "", f"the template has {size} bytes, the limit is {MOST_BYTES}")
        for section, limit in _COUNTS.items():
            count = len(template.get(section, {}))
            if count > limit:
                yield Breach(stack, section, f"{count} {section}, the limit is {limit}")
        if len(str(template.get("Description", "")).encode()) > 1024:
            yield Breach(stack, "Description", "the description has more than 1024 bytes")


def root_goes_inline(templates: ParsedSet) -> Iterator[Breach]:
    """PF044: the root template fits into a call to CloudFormation, so it needs no bucket.

    A larger one is valid, but `aws cloudformation deploy` then needs --s3-bucket (our own deploy uploads it).
    The children always come from S3, where PF040's limit applies
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
    """
    size = len(templates.texts.get(ROOT, "").encode())
    if not templates.templates.get(ROOT, {}).get("Resources"):
        raise NothingToCheckError("resource in the root")
    if size > INLINE_BYTES:
        message = f"the root has {size} bytes: above {INLINE_BYTES} it can only be deployed through S3"
        yield Breach(ROOT, "", message, "warning")


def names_fit(templates: ParsedSet) -> Iterator[Breach]:
    """PF041: every physical name fits. In payflow's sets it is one of ours, or holds the environment (an extension's).

    A name that fits in dev may be too long in production, which is deployed last. Without the environment in it, or in
    the name of an export, the second environment of an account could not be deployed
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html).
    """
    root = templates.templates.get(ROOT, {})
    prefix, longest = prefix_of(root), root.get("Parameters", {}).get("Environment", {}).get("MaxLength")
    known = {each.prefixed(prefix).sub() for each in ALL_NAMES.values()} if says_payflow(templates) else None
    world = World(environment="e" * (longest if prefix and isinstance(longest, int) else ENVIRONMENT_LIMIT))
    for stack, path, given, limit in some("named resource", _names(templates)):
        text = str(expand(templates, stack, given, world))
        is_known_name = not any(isinstance(each, Attribute) for each in symbols_in(templates.scope(stack).value(given)))
        if is_known_name and len(text) > limit:
            yield Breach(stack, path, f"the name has {len(text)} characters, the limit is {limit}")
        if _is_of_an_extension(templates, stack, path):
            if world.environment not in text:
                yield Breach(stack, path, "the name does not hold the environment")
            elif prefix and not text.rpartition("/")[2].startswith(prefix):
                yield Breach(stack, path, f"the name does not begin with {prefix}")
        elif known is not None and (not isinstance(given, dict) or given.get("Fn::Sub") not in known):
            yield Breach(stack, path, "the name is not one of names.ALL_NAMES")
    yield from _exports(templates) if known is not None else ()


def _exports(templates: ParsedSet) -> Iterator[Breach]:
    """The exports whose names are the same in every environment."""
    for stack, template in templates.templates.items():
        for name, output in template.get("Outputs", {}).items():
            export = output.get("Export")
            given = export.get("Name") if isinstance(export, dict) else {"Ref": "AWS::StackName"}
            text = str(expand(templates, stack, given, APART))
            if APART.environment not in text and "AWS::StackName" not in repr(given):
                told = "the export's name holds neither the environment nor the stack"
                yield Breach(stack, f"Outputs/{name}/Export", told)


def _is_of_an_extension(templates: ParsedSet, stack: str, path: str) -> bool:
    resource = templates.templates[stack]["Resources"][path.split("/")[1]]
    return bool(notes_of(resource).get("extension"))


def _names(templates: ParsedSet) -> Iterator[tuple[str, str, Any, int]]:
    """Stack, path and value of each name, and how long it may be."""
    for stack, logical, resource in templates.resources(*NAMED):
        field, limit = NAMED[resource["Type"]]
        given = resource.get("Properties", {}).get(field)
        if given is not None:
            yield stack, f"Resources/{logical}/Properties/{field}", given, limit


def tagged(templates: ParsedSet) -> Iterator[Breach]:
    """PF042: every tag fits the strictest service's rule, and in payflow's sets the fixed ones are there and agree.

    Otherwise one service refuses, in the middle of a deploy, a tag that another one accepts. Whatever is scanned,
    backed up or charged by a tag leaves out the one resource with another value
    (https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html).
    """
    wanted = {*FIXED_TAGS, ENVIRONMENT_TAG} if says_payflow(templates) else set()
    found = [(place, _tags(templates, *place)) for place in some("taggable resource", templates.resources(*TAGGABLE))]
    usual = {key: _most_frequent(value for _, tags in found for name, value in tags if name == key) for key in wanted}
    for (stack, logical, resource), tags in found:
        path = f"Resources/{logical}/Properties/Tags"
        for problem in _tag_problems(tags, wanted):
            yield Breach(stack, path, problem)
        for key, value in tags if not notes_of(resource).get("extension") else ():
            if value != usual.get(key, value):
                yield Breach(stack, path, f"the tag {key} is {value}, and {usual[key]} elsewhere in the set")


def _tags(templates: ParsedSet, stack: str, _: str, resource: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The tags of a resource, as far as they are written as keys and values."""
    given = expand(templates, stack, resource.get("Properties", {}).get("Tags", []), APART)
    pairs = [each for each in listed(given) if isinstance(each, Mapping) and {"Key", "Value"} <= each.keys()]
    return [(str(each["Key"]), str(each["Value"])) for each in pairs]


def _most_frequent(values: Iterable[str]) -> str:
    return next((value for value, _ in Counter(values).most_common(1)), "")


def _tag_problems(tags: list[tuple[str, str]], wanted: set[str]) -> Iterator[str]:
    for key in sorted(wanted - {key for key, value in tags if value}):
        yield f"the tag {key} is missing"
    for key, value in tags:
        problem = tag_problem(key, value)
        if problem:
            yield f"tag {key}: {problem}"
    keys = Counter(key.lower() for key, _ in tags)
    for key in sorted(each for each, count in keys.items() if count > 1):
        yield f"the tag {key} is there twice, or again in another case, which IAM refuses"
    if len(tags) > MOST_TAGS:
        yield f"there are {len(tags)} tags, the limit is {MOST_TAGS}"
