"""The place of a set in S3: its keys and URLs, and its templates with these instead of local paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from payflow_cfn.aws.bucket_names import endpoint_of
from payflow_cfn.aws.client_types import S3Client
from payflow_cfn.aws.s3_urls import checked_prefix, object_url, packaged_order, template_key, with_locations


@dataclass(frozen=True, slots=True)
class Encryption:
    """How S3 encrypts each object: with its own key (AES256), or a KMS key by id or ARN (empty: AWS's managed one)."""

    kind: Literal["AES256", "aws:kms"] = "AES256"
    key: str = ""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a set goes: below `prefix` of a bucket, which has to be in the stack's `region`, and how it is encrypted.

    `owner` is the account id that the bucket has to belong to (empty: any), `endpoint` that of an S3 which is not
    AWS's.
    """

    bucket: str
    prefix: str
    region: str
    encryption: Encryption
    owner: str = ""
    endpoint: str = ""

    def key(self, name: str) -> str:
        """The key of an object by its name below the prefix."""
        return checked_prefix(self.prefix) + name

    def url(self, key: str) -> str:
        """The URL of a key, as CloudFormation takes it."""
        return object_url(bucket=self.bucket, key=key, region=self.region, endpoint=self.endpoint)


@dataclass(frozen=True, slots=True)
class Published:
    """A set in S3: the root's URL, {file name: URL}, {file name: text with S3 locations}, and the keys."""

    root_url: str
    templates: Mapping[str, str]
    rendered: Mapping[str, str] = field(repr=False)
    uploaded: tuple[str, ...]
    skipped: tuple[str, ...]


def destination(
    s3: S3Client, *, bucket: str, prefix: str, region: str, sse: Encryption | None = None, owner: str = ""
) -> Destination:
    """The destination that the client `s3` can reach; without `sse`, S3 encrypts with its own key."""
    return Destination(bucket, prefix, region, sse or Encryption(), owner, endpoint_of(s3))


def located_set(
    to: Destination, *, rendered: Mapping[str, str], artifacts: Mapping[str, str], root: str = "root.json"
) -> Published:
    """The places to which a set would go, without any request; `artifacts` is {name: key below the prefix}."""
    return published(to, located(to, rendered, artifacts), root)


def located(to: Destination, rendered: Mapping[str, str], artifacts: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """{file name: (key, text)}, children before their parents: a parent's key depends on its children's."""
    keys = {name: to.key(key) for name, key in artifacts.items()}
    found: dict[str, tuple[str, str]] = {}
    for name in packaged_order(rendered):
        urls = {child: to.url(key) for child, (key, _) in found.items()}
        text = with_locations(rendered[name], template_urls=urls, bucket=to.bucket, artifact_keys=keys)
        found[name] = (template_key(to.key(""), name, text.encode()), text)
    return found


def published(
    to: Destination,
    found: Mapping[str, tuple[str, str]],
    root: str,
    *,
    uploaded: tuple[str, ...] = (),
    skipped: tuple[str, ...] = (),
) -> Published:
    """The published set; `found` is the result of `located`."""
    urls = {name: to.url(key) for name, (key, _) in found.items()}
    return Published(urls[root], urls, {name: text for name, (_, text) in found.items()}, uploaded, skipped)
