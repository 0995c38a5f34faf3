"""Look for the files that a rollback would read: templates and zips that only the deployed templates name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from payflow_cfn.aws.client_types import S3Client
from payflow_cfn.aws.data_resources import FUNCTION, STACK
from payflow_cfn.aws.loops import is_loop
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, code_of, text_of
from payflow_cfn.diff import StackSource

_GONE = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NoSuchVersion", "NotFound"})
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html: it is in the host, or begins the path
_IN_HOST = re.compile(r"(?P<bucket>.+)\.s3[.-]")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in a bucket, and the path of the resource that names it."""

    path: tuple[str, ...]
    bucket: str
    key: str
    version: str = ""

    @property
    def text(self) -> str:
        """The resource and the address of its file."""
        return f"{'/'.join(self.path)} (s3://{self.bucket}/{self.key})"


def rollback_problems(s3: S3Client, deployed: StackSource, rendered: Mapping[str, str]) -> tuple[str, ...]:
    """A line for each file that a rollback would miss, or that could not be looked at.

    What the new set `rendered` names as well is in the bucket: packaging put it there.
    """
    files = {each for each in stored_files(deployed) if not any(each.key in text for text in rendered.values())}
    problems = ((each, _problem(s3, each)) for each in sorted(files, key=lambda each: each.path))
    return tuple(f"{each.text} {problem}" for each, problem in problems if problem)


def stored_files(source: StackSource, *, path: tuple[str, ...] = ()) -> Iterator[StoredFile]:
    """The files that the templates of every level name; a name that only a deploy evaluates is left out."""
    for logical_id, resource in source.template.get("Resources", {}).items():
        if is_loop(logical_id, resource):
            continue
        here = (*path, logical_id)
        properties = resource.get("Properties", {})
        if resource.get("Type") == STACK:
            yield from _template(here, properties.get("TemplateURL"))
        elif resource.get("Type") == FUNCTION:
            yield from _code(here, properties.get("Code"))
        if logical_id in source.children:
            yield from stored_files(source.children[logical_id], path=here)


def _template(path: tuple[str, ...], url: Any) -> Iterator[StoredFile]:
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        return
    parts = urlsplit(url)
    version = parse_qs(parts.query).get("versionId", [""])[0]
    host, key = _IN_HOST.match(parts.netloc), unquote(parts.path.lstrip("/"))
    bucket, key = (host["bucket"], key) if host else (key.partition("/")[0], key.partition("/")[2])
    yield StoredFile(path, bucket, key, version)


def _code(path: tuple[str, ...], code: Any) -> Iterator[StoredFile]:
    names = [code.get(key, "") for key in ("S3Bucket", "S3Key", "S3ObjectVersion")] if isinstance(code, Mapping) else []
    if names and names[1] and all(isinstance(each, str) for each in names):
        yield StoredFile(path, *names)


def _problem(s3: S3Client, file: StoredFile) -> str:
    version: Any = {"VersionId": file.version} if file.version else {}
    try:
        s3.head_object(Bucket=file.bucket, Key=file.key, **version)
    except aws_errors() as error:
        code = code_of(error)
        if code in _GONE:
            return "is gone"
        return "may not be read" if code in ("403", "AccessDenied") else f"could not be looked at: {text_of(error)}"
    return ""
