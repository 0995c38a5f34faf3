"""Store a template set and its artifacts in S3: one LIST says what the bucket lacks, and only that is uploaded."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from payflow_cfn.bucket import check_bucket, check_region, explained, owner
from payflow_cfn.errors import PackageError
from payflow_cfn.locations import checked_prefix, object_url, packaged_order, template_key, with_locations
from payflow_cfn.package import Artifact, PendingArtifact

_THREADS = 10  # as many connections as botocore's client keeps


@dataclass(frozen=True, slots=True)
class Encryption:
    """How S3 encrypts each object: with its own key (AES256), or a KMS key by id or ARN (empty: AWS's managed one)."""

    kind: Literal["AES256", "aws:kms"] = "AES256"
    key: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """Progress: one object was uploaded, or skipped because the bucket has it; `size` in bytes, 0 when skipped."""

    key: str
    size: int
    skipped: bool


@dataclass(frozen=True, slots=True)
class Published:
    """A set in S3: the root's URL, {file name: URL}, {file name: text with S3 locations}, and the keys."""

    root_url: str
    templates: Mapping[str, str]
    rendered: Mapping[str, str] = field(repr=False)
    uploaded: tuple[str, ...]
    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Target:
    bucket: str
    prefix: str
    region: str
    endpoint: str
    expected_owner: str


@dataclass(frozen=True, slots=True)
class _Object:
    key: str
    content_type: str
    body: Callable[[], bytes]


def publish(
    s3: Any,
    *,
    bucket: str,
    prefix: str,
    rendered: Mapping[str, str],
    artifacts: Iterable[Artifact | PendingArtifact],
    region: str,
    sse: Encryption | None = None,
    expected_owner: str = "",
    endpoint: str = "",
    root: str = "root.json",
    on_event: Callable[[Stored], None] | None = None,
) -> Published:
    """Put the set `rendered` {file name: text} and its artifacts under `prefix` of `bucket`; nothing is ever removed.

    Keys come from content. An unchanged set costs one request and builds no zip; otherwise the missing objects go up
    side by side. `region` is the stack's, and must be the bucket's; `expected_owner` is an account id; `endpoint` is
    that of an S3 which is not AWS's. Raises PackageError, before anything is sent, where the bucket is missing, another
    account's or in another region. `on_event` hears of every object, in this thread.
    """
    target = _Target(bucket, checked_prefix(prefix), region, endpoint, expected_owner)
    pending = tuple(artifacts)
    located = _located(target, rendered, {each.name: target.prefix + each.key for each in pending})
    objects = [*_artifact_objects(target, pending), *_template_objects(located)]
    present = _present(s3, target, {each.key for each in objects})
    missing = [each for each in objects if each.key not in present]
    skipped = tuple(each.key for each in objects if each.key in present)
    tell = on_event or _nobody
    for key in skipped:
        tell(Stored(key, 0, skipped=True))
    for each in _uploaded(s3, target, missing, _options(sse or Encryption(), expected_owner)):
        tell(each)
    urls = {name: _url(target, key) for name, (key, _) in located.items()}
    texts = {name: text for name, (_, text) in located.items()}
    return Published(urls[root], urls, texts, tuple(each.key for each in missing), skipped)


def located_set(
    *,
    bucket: str,
    prefix: str,
    rendered: Mapping[str, str],
    artifacts: Iterable[Artifact | PendingArtifact],
    region: str,
    endpoint: str = "",
    root: str = "root.json",
) -> Published:
    """Where `publish` would put the set; nothing is asked and nothing is sent."""
    target = _Target(bucket, checked_prefix(prefix), region, endpoint, "")
    located = _located(target, rendered, {each.name: target.prefix + each.key for each in artifacts})
    urls = {name: _url(target, key) for name, (key, _) in located.items()}
    return Published(urls[root], urls, {name: text for name, (_, text) in located.items()}, (), ())


def _located(
    target: _Target, rendered: Mapping[str, str], artifact_keys: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """{file name: (key, text)}, children before their parents: a parent's key depends on its children's."""
    located: dict[str, tuple[str, str]] = {}
    for name in packaged_order(rendered):
        urls = {child: _url(target, key) for child, (key, _) in located.items()}
        text = with_locations(rendered[name], template_urls=urls, bucket=target.bucket, artifact_keys=artifact_keys)
        located[name] = (template_key(target.prefix, name, text.encode()), text)
    return located


def _url(target: _Target, key: str) -> str:
    return object_url(bucket=target.bucket, key=key, region=target.region, endpoint=target.endpoint)


def _artifact_objects(target: _Target, pending: Sequence[Artifact | PendingArtifact]) -> Iterator[_Object]:
    for each in pending:
        yield _Object(target.prefix + each.key, "application/zip", _zip_of(each))


def _zip_of(artifact: Artifact | PendingArtifact) -> Callable[[], bytes]:
    if isinstance(artifact, Artifact):
        return lambda: artifact.body
    return lambda: artifact.build().body


def _template_objects(located: Mapping[str, tuple[str, str]]) -> Iterator[_Object]:
    for key, text in located.values():
        yield _Object(key, "application/json", text.encode)


def _present(s3: Any, target: _Target, wanted: set[str]) -> set[str]:
    """Which of the keys the bucket has; whether it is the right bucket is settled here, before anything is sent."""
    found: set[str] = set()
    settled = bool(target.endpoint)  # regions are AWS's
    with explained(bucket=target.bucket, region=target.region, doing="list"):
        for page in _pages(s3, target):
            settled = check_region(page, bucket=target.bucket, region=target.region) or settled
            keys = [each["Key"] for each in page.get("Contents", ())]
            found.update(wanted.intersection(keys))
            if found == wanted or (keys and keys[-1] > max(wanted)):
                break
    if found != wanted and not settled:
        check_bucket(s3, bucket=target.bucket, region=target.region, expected_owner=target.expected_owner)
    return found


def _pages(s3: Any, target: _Target) -> Iterator[Any]:
    options = {"Bucket": target.bucket, "Prefix": target.prefix, **owner(target.expected_owner)}
    page = s3.list_objects_v2(**options)
    yield page
    while page.get("IsTruncated"):
        page = s3.list_objects_v2(**options, ContinuationToken=page["NextContinuationToken"])
        yield page


def _uploaded(s3: Any, target: _Target, missing: Sequence[_Object], options: Mapping[str, Any]) -> Iterator[Stored]:
    if not missing:
        return
    from concurrent.futures import ThreadPoolExecutor, as_completed

    def put(each: _Object, body: bytes) -> Stored:
        with explained(bucket=target.bucket, region=target.region, doing=f"put {each.key} into"):
            s3.put_object(
                Bucket=target.bucket,
                Key=each.key,
                Body=body,
                ContentType=each.content_type,
                ChecksumSHA256=base64.b64encode(hashlib.sha256(body).digest()).decode(),
                **options,
            )
        return Stored(each.key, len(body), skipped=False)

    # All are made before the first is sent: a zip that cannot be built leaves no templates behind that name it.
    bodies = [each.body() for each in missing]
    with ThreadPoolExecutor(min(_THREADS, len(missing))) as threads:
        for done in as_completed(threads.submit(put, each, body) for each, body in zip(missing, bodies, strict=True)):
            yield done.result()


def _options(sse: Encryption, expected_owner: str) -> dict[str, Any]:
    if sse.key and sse.kind != "aws:kms":
        raise PackageError("a KMS key was given with AES256 encryption", remedy="choose aws:kms, or leave the key out")
    key = {"SSEKMSKeyId": sse.key} if sse.key else {}
    return {"ServerSideEncryption": sse.kind, **key, **owner(expected_owner)}


def _nobody(event: Stored) -> None:
    """Nobody listens."""
