"""Store a template set and its artifacts in S3: one LIST finds what the bucket lacks, and only that is uploaded."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from payflow_cfn.artifacts.build import set_artifacts
from payflow_cfn.artifacts.package import Artifact, PendingArtifact
from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.aws.bucket_names import bucket_errors, check_bucket, check_region, owner
from payflow_cfn.aws.client_types import S3Client
from payflow_cfn.aws.regions import require_features
from payflow_cfn.deploy.publish.destination import Destination, Encryption, Published, destination, located, published
from payflow_cfn.errors import PackageError

_THREADS = 10  # as many connections as botocore's client keeps


@dataclass(frozen=True, slots=True)
class Stored:
    """Progress: one object was uploaded, or skipped because the bucket has it; `size` in bytes, 0 when skipped."""

    key: str
    size: int
    skipped: bool


@dataclass(frozen=True, slots=True)
class _Object:
    key: str
    content_type: str
    body: Callable[[], bytes]


def package_set(
    s3: S3Client,
    templates: TemplateSet,
    *,
    bucket: str,
    region: str = "",
    prefix: str = "payflow",
    sse: Encryption | None = None,
    expected_owner: str = "",
    code: bool = True,
    on_event: Callable[[Stored], None] | None = None,
) -> Published:
    """Upload a set and its artifacts to a bucket; objects that it already has are not sent again.

    `sse` is how objects are encrypted, `expected_owner` the account that the bucket has to belong to. Without `code`,
    only templates are uploaded: a change set reads no zip. SettingsError, before anything is sent, when the set uses
    what the region lacks.
    """
    region = region or s3.meta.region_name
    require_features(templates.templates, region)
    to = destination(s3, bucket=bucket, prefix=prefix, region=region, sse=sse, owner=expected_owner)
    return publish(
        s3, to, rendered=templates.templates, artifacts=set_artifacts(templates), code=code, on_event=on_event
    )


def publish(
    s3: S3Client,
    to: Destination,
    *,
    rendered: Mapping[str, str],
    artifacts: Iterable[Artifact | PendingArtifact],
    root: str = "root.json",
    code: bool = True,
    on_event: Callable[[Stored], None] | None = None,
) -> Published:
    """Upload the set `rendered` {file name: text} and its artifacts; nothing is ever removed.

    Without `code`, no zip is uploaded. Keys come from content. An unchanged set costs one request and builds no zip;
    otherwise the missing objects are uploaded in parallel. Raises PackageError, before anything is sent, when the
    bucket is missing, another account's or in another region. `on_event` is called for every object, in this thread.
    """
    pending = tuple(artifacts)
    templates = located(to, rendered, {each.name: each.key for each in pending})
    objects = [_Object(to.key(each.key), "application/zip", partial(_zip, each)) for each in pending if code]
    objects += [_Object(key, "application/json", text.encode) for key, text in templates.values()]
    present = _present(s3, to, {each.key for each in objects})
    missing = [each for each in objects if each.key not in present]
    skipped = tuple(each.key for each in objects if each.key in present)
    done = chain((Stored(key, 0, skipped=True) for key in skipped), _uploaded(s3, to, missing))
    for each in done:
        if on_event:
            on_event(each)
    return published(to, templates, root, uploaded=tuple(each.key for each in missing), skipped=skipped)


def _zip(artifact: Artifact | PendingArtifact) -> bytes:
    return artifact.body if isinstance(artifact, Artifact) else artifact.build().body


def _present(s3: S3Client, to: Destination, wanted: set[str]) -> set[str]:
    """The keys that the bucket has. This also checks, before anything is sent, that it is the right bucket."""
    found: set[str] = set()
    settled = bool(to.endpoint)  # regions are AWS's
    with bucket_errors(bucket=to.bucket, region=to.region, doing="list"):
        for page in _pages(s3, to):
            settled = check_region(page, bucket=to.bucket, region=to.region) or settled
            keys = [each["Key"] for each in page.get("Contents", ())]
            found.update(wanted.intersection(keys))
            if found == wanted or (keys and keys[-1] > max(wanted)):
                break
    if found != wanted and not settled:
        check_bucket(s3, bucket=to.bucket, region=to.region, expected_owner=to.owner)
    return found


def _pages(s3: S3Client, to: Destination) -> Iterator[Any]:
    options: dict[str, Any] = {"Bucket": to.bucket, "Prefix": to.key(""), **owner(to.owner)}
    page = s3.list_objects_v2(**options)
    yield page
    while page.get("IsTruncated"):
        page = s3.list_objects_v2(**options, ContinuationToken=page["NextContinuationToken"])
        yield page


def _uploaded(s3: S3Client, to: Destination, missing: Sequence[_Object]) -> Iterator[Stored]:
    options = _options(to)
    if not missing:
        return
    from concurrent.futures import ThreadPoolExecutor, as_completed

    def put(each: _Object, body: bytes) -> Stored:
        with bucket_errors(bucket=to.bucket, region=to.region, doing=f"put {each.key} into"):
            s3.put_object(
                Bucket=to.bucket,
                Key=each.key,
                Body=body,
                ContentType=each.content_type,
                ChecksumSHA256=base64.b64encode(hashlib.sha256(body).digest()).decode(),
                **options,
            )
        return Stored(each.key, len(body), skipped=False)

    # All bodies are made before the first is sent: if a zip cannot be built, no uploaded template refers to it.
    bodies = [each.body() for each in missing]
    with ThreadPoolExecutor(min(_THREADS, len(missing))) as threads:
        for done in as_completed(threads.submit(put, each, body) for each, body in zip(missing, bodies, strict=True)):
            yield done.result()


def _options(to: Destination) -> dict[str, Any]:
    sse = to.encryption
    if sse.key and sse.kind != "aws:kms":
        raise PackageError("a KMS key was given with AES256 encryption", remedy="choose aws:kms, or leave the key out")
    key = {"SSEKMSKeyId": sse.key} if sse.key else {}
    return {"ServerSideEncryption": sse.kind, **key, **owner(to.owner)}
