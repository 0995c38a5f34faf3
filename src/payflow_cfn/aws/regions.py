"""The features that a region lacks; a region without a row is assumed to have them all."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.data_resources import FUNCTION, MACHINE
from payflow_cfn.errors import SettingsError

# As cfn-lint 1.x lists them; a test compares.
REGIONS = (
    "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1",
    "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
    "ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1",
    "eu-central-1", "eu-central-2", "eu-isoe-west-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1",
    "eu-west-2", "eu-west-3", "eusc-de-east-1", "il-central-1", "me-central-1", "me-south-1", "mx-central-1",
    "sa-east-1", "us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-iso-east-1", "us-iso-west-1",
    "us-isob-east-1", "us-isob-west-1", "us-isof-east-1", "us-isof-south-1", "us-west-1", "us-west-2",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Feature:
    """What a region may lack: the setting that asks for it, and the resource properties that show its use.

    `properties` are pairs of resource type and property; with `value` the property holds or contains that.
    `lacking` are the regions, `source` is where that is from; what is not `certain` is only warned of, since regions
    gain features and AWS's own list may be newer.
    """

    name: str
    setting: str
    properties: tuple[tuple[str, str], ...]
    lacking: frozenset[str]
    source: str
    value: str = ""
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Missing:
    """A resource that uses what the region lacks."""

    feature: Feature
    region: str
    stack: str
    path: str

    @property
    def text(self) -> str:
        """One line: what, where, and the setting to change."""
        return f"{self.region} has no {self.feature.name} (setting {self.feature.setting}; {self.feature.source})"


_ISOLATED = frozenset(
    {"eu-isoe-west-1", "us-iso-east-1", "us-iso-west-1", "us-isob-east-1", "us-isob-west-1"}
    | {"us-isof-east-1", "us-isof-south-1"}
)
FEATURES = (
    Feature(
        "code signing",
        "code_signing",
        ((FUNCTION, "CodeSigningConfigArn"),),
        frozenset(
            {"ap-east-2", "ap-northeast-3", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5"}
            | {"ap-southeast-6", "ap-southeast-7", "ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-2"}
            | {"eu-south-2", "il-central-1", "me-central-1", "mx-central-1"}
        )
        | _ISOLATED,
        "AWS::Lambda::CodeSigningConfig in CloudFormation's resource specification, AWS Signer's endpoints",
    ),
    Feature(
        "X-Ray",
        "tracing",
        ((FUNCTION, "TracingConfig"), (MACHINE, "TracingConfiguration")),
        frozenset(),
        "X-Ray's endpoints",
    ),
    Feature(
        "arm64 functions",
        "architecture",
        ((FUNCTION, "Architectures"),),
        frozenset({"eu-central-2", "me-central-1"}),
        "refused there in July 2023 by https://github.com/aws-solutions-library-samples/"
        "guidance-for-clickstream-analytics-on-aws/issues/48; the Arm prices by region: "
        "https://aws.amazon.com/lambda/pricing/",
        value="arm64",
        certain=False,
    ),
)


def unknown_region(name: str, known: Iterable[str] = REGIONS) -> str:
    """Why the name is not that of a region, with the nearest one that there is; empty when it is one."""
    known = set(known)
    if name in known:
        return ""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"{name} is not a known region of AWS" + (f"; did you mean {close[0]}?" if close else "")


def missing_features(
    templates: Mapping[str, Mapping[str, Any]], region: str, *, features: tuple[Feature, ...] = FEATURES
) -> Iterator[Missing]:
    """What these templates (parsed, by stack name) use and the region lacks."""
    for feature in features:
        if region not in feature.lacking:
            continue
        for stack, template in templates.items():
            for path in _uses(template, feature):
                yield Missing(feature, region, stack, path)


def require_features(rendered: Mapping[str, str], region: str, *, features: tuple[Feature, ...] = FEATURES) -> None:
    """SettingsError when the templates (text by file name) use what the region lacks; nothing is sent before."""
    parsed = {name: json.loads(text) for name, text in rendered.items()}
    certain = tuple(each for each in features if each.certain)
    first = next(missing_features(parsed, region, features=certain), None)
    if first:
        raise SettingsError(
            first.text, remedy=f"leave {first.feature.setting} out of payflow.toml, or choose another region"
        )


def _uses(template: Mapping[str, Any], feature: Feature) -> Iterator[str]:
    for logical, resource in template.get("Resources", {}).items():
        for kind, key in feature.properties:
            given = resource.get("Properties", {}).get(key)
            if resource.get("Type") != kind or given is None:
                continue
            if not feature.value or feature.value == given or (isinstance(given, list) and feature.value in given):
                yield f"Resources/{logical}/Properties/{key}"
