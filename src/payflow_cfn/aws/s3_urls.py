"""The keys, URLs and templates of a packaged set in S3; keys come from content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from payflow_cfn.aws.data_resources import FUNCTION, STACK
from payflow_cfn.aws.template import nested_urls
from payflow_cfn.errors import PackageError

# AWS's partitions and their DNS suffixes by how their regions begin; a test compares them with botocore's data.
_PARTITIONS = {
    "cn-": ("aws-cn", "amazonaws.com.cn"),
    "us-gov-": ("aws-us-gov", "amazonaws.com"),
    "us-iso-": ("aws-iso", "c2s.ic.gov"),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov"),
    "us-isof-": ("aws-iso-f", "csp.hci.ic.gov"),
    "eu-isoe-": ("aws-iso-e", "cloud.adc-e.uk"),
    "eusc-": ("aws-eusc", "amazonaws.eu"),
}

_ARTIFACTS = "./artifacts/"


def url_suffix(region: str) -> str:
    """The DNS suffix of the region's partition: what AWS::URLSuffix is there."""
    return _partition(region)[1]


def partition_of(region: str) -> str:
    """The partition that the region belongs to: what AWS::Partition is there."""
    return _partition(region)[0]


def _partition(region: str) -> tuple[str, str]:
    found = (each for start, each in _PARTITIONS.items() if region.startswith(start))
    return next(found, ("aws", "amazonaws.com"))


def object_url(*, bucket: str, key: str, region: str, endpoint: str = "") -> str:
    """The HTTPS URL of an object, as TemplateURL wants it.

    The bucket is in the host name (https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html), except
    where it has a dot (no TLS certificate matches) and with an `endpoint` of one's own, such as http://127.0.0.1:4566.
    """
    if endpoint:
        return f"{endpoint.rstrip('/')}/{bucket}/{key}"
    host = f"s3.{region}.{url_suffix(region)}"
    return f"https://{host}/{bucket}/{key}" if "." in bucket else f"https://{bucket}.{host}/{key}"


def template_key(prefix: str, name: str, body: bytes) -> str:
    """The key of a template: its name and the SHA-256 of its bytes, so an unchanged template keeps its URL."""
    return f"{prefix}{name.removesuffix('.json')}-{hashlib.sha256(body).hexdigest()}.json"


def checked_prefix(prefix: str) -> str:
    """`prefix` with one slash at its end, or nothing; a prefix that needs quoting in a URL is a PackageError."""
    parts = [part for part in prefix.split("/") if part]
    if any(part in (".", "..") or not part.isascii() or not _is_plain(part) for part in parts):
        raise PackageError(
            f"the prefix {prefix!a} cannot stand in an S3 key here",
            remedy="use letters, digits, '-', '_', '.' and '/'",
            prefix=prefix,
        )
    return "".join(f"{part}/" for part in parts)


def _is_plain(part: str) -> bool:
    return all(character.isalnum() or character in "-_." for character in part)


def packaged_order(rendered: Mapping[str, str]) -> tuple[str, ...]:
    """The file names, each after the templates that it nests: a parent's text has the URLs of its children.

    Raises PackageError where a nested template is missing from the set or nests itself.
    """
    ordered: list[str] = []
    for name in rendered:
        _visit(name, rendered, ordered, ())
    return tuple(ordered)


def _visit(name: str, rendered: Mapping[str, str], ordered: list[str], above: tuple[str, ...]) -> None:
    if name in above or name not in rendered:
        why = "nests itself" if name in above else "is nested but is not in the set"
        raise PackageError(f"the template {name} {why}", remedy="render the set again", template=name, path=above)
    if name not in ordered:
        for child in _children(rendered[name]):
            _visit(child, rendered, ordered, (*above, name))
        ordered.append(name)


def _children(text: str) -> list[str]:
    return [url.removeprefix("./") for url in nested_urls(json.loads(text)).values() if _is_local(url)]


def with_locations(
    text: str, *, template_urls: Mapping[str, str], bucket: str, artifact_keys: Mapping[str, str]
) -> str:
    """The template's text, compact, with S3 locations in place of `./storage.json` and `./artifacts/validation.zip`.

    `template_urls` are {file name: URL}, `artifact_keys` {artifact: key in `bucket`}. Anything but a local path stays.
    Compact, because CloudFormation's limits count bytes, and nobody reads this text.
    """
    template = json.loads(text)
    for properties in _properties(template, STACK):
        if _is_local(properties.get("TemplateURL")):
            properties["TemplateURL"] = template_urls[properties["TemplateURL"].removeprefix("./")]
    for properties in _properties(template, FUNCTION):
        if isinstance(properties.get("Code"), str):
            key = _artifact_key(properties["Code"], artifact_keys)
            properties["Code"] = {"S3Bucket": bucket, "S3Key": key}
    return json.dumps(template, separators=(",", ":"), ensure_ascii=False) + "\n"


def _artifact_key(path: str, artifact_keys: Mapping[str, str]) -> str:
    name = path.removeprefix(_ARTIFACTS).removesuffix(".zip")
    if name not in artifact_keys:
        raise PackageError(
            f"a template names the code {path}, and there is no such artifact",
            remedy=f"hand over its artifact; known are {', '.join(artifact_keys) or 'none'}",
            path=path,
        )
    return artifact_keys[name]


def _properties(template: Any, resource_type: str) -> list[dict[str, Any]]:
    resources = template.get("Resources", {}).values()
    return [each["Properties"] for each in resources if each.get("Type") == resource_type and "Properties" in each]


def _is_local(url: object) -> bool:
    return isinstance(url, str) and "://" not in url
