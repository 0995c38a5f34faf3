"""Store a template set and its artifacts in S3: one LIST finds what the bucket lacks, and only that is uploaded."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from payflow_cfn.artifacts.package import Artifact, PendingArtifact
from payflow_cfn.aws.bucket_names import check_bucket, check_region, explained, owner
from payflow_cfn.deploy.publish.destination import Destination, Published, located, published
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


def publish(
    s3: Any,
    to: Destination,
    *,
    rendered: Mapping[str, str],
    artifacts: Iterable[Artifact | PendingArtifact],
    root: str = "root.json",
    on_event: Callable[[Stored], None] | None = None,
) -> Published:
    """Upload the set `rendered` {file name: text} and its artifacts; nothing is ever removed.

    Keys come from content. An unchanged set costs one request and builds no zip; otherwise the missing objects are
    uploaded in parallel. Raises PackageError, before anything is sent, when the bucket is missing, another account's or
    in another region. `on_event` is called for every object, in this thread.
    """
    pending = tuple(artifacts)
    templates = located(to, rendered, {each.name: each.key for each in pending})
    objects = [*_artifact_objects(to, pending), *_template_objects(templates)]
    present = _present(s3, to, {each.key for each in objects})
    missing = [each for each in objects if each.key not in present]
    skipped = tuple(each.key for each in objects if each.key in present)
    tell = on_event or _nobody
    for key in skipped:
        tell(Stored(key, 0, skipped=True))
    for each in _uploaded(s3, to, missing):
        tell(each)
    return published(to, templates, root, uploaded=tuple(each.key for each in missing), skipped=skipped)


def _artifact_objects(to: Destination, pending: Sequence[Artifact | PendingArtifact]) -> Iterator[_Object]:
    for each in pending:
        yield _Object(to.key(each.key), "application/zip", _zip_of(each))


def _zip_of(artifact: Artifact | PendingArtifact) -> Callable[[], bytes]:
    if isinstance(artifact, Artifact):
        return lambda: artifact.body
    return lambda: artifact.build().body


def _template_objects(templates: Mapping[str, tuple[str, str]]) -> Iterator[_Object]:
    for key, text in templates.values():
        yield _Object(key, "application/json", text.encode)


def _present(s3: Any, to: Destination, wanted: set[str]) -> set[str]:
    """The keys that the bucket has. This also checks, before anything is sent, that it is the right bucket."""
    found: set[str] = set()
    settled = bool(to.endpoint)  # regions are AWS's
    with explained(bucket=to.bucket, region=to.region, doing="list"):
        for page in _pages(s3, to):
            settled = check_region(page, bucket=to.bucket, region=to.region) or settled
            keys = [each["Key"] for each in page.get("Contents", ())]
            found.update(wanted.intersection(keys))
            if found == wanted or (keys and keys[-1] > max(wanted)):
                break
    if found != wanted and not settled:
        check_bucket(s3, bucket=to.bucket, region=to.region, expected_owner=to.owner)
    return found


def _pages(s3: Any, to: Destination) -> Iterator[Any]:
    options = {"Bucket": to.bucket, "Prefix": to.key(""), **owner(to.owner)}
    page = s3.list_objects_v2(**options)
    yield page
    while page.get("IsTruncated"):
        page = s3.list_objects_v2(**options, ContinuationToken=page["NextContinuationToken"])
        yield page


def _uploaded(s3: Any, to: Destination, missing: Sequence[_Object]) -> Iterator[Stored]:
    options = _options(to)
    if not missing:
        return
    from concurrent.futures import ThreadPoolExecutor, as_completed

    def put(each: _Object, body: bytes) -> Stored:
        with explained(bucket=to.bucket, region=to.region, doing=f"put {each.key} into"):
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


def _nobody(event: Stored) -> None:
    """The listener that does nothing."""
