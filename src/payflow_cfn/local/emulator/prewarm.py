"""Start a function's worker when its version is published, not at its first invocation."""

# ruff: noqa: SLF001 - to change another program's inside is this module's purpose
from __future__ import annotations

import contextvars
import json
import threading
from typing import TYPE_CHECKING, Any

from payflow_cfn.local.emulator.ministack_patches import REPAIRED_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping


def start_early(version: str) -> bool:
    """Patch the imported MiniStack to do so; False, without a patch, for any other version than the pinned one.

    Lambda does it at times for a function on demand, and the handler's module is imported without any event:
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """
    if version != REPAIRED_VERSION:
        return False
    from ministack.services import lambda_svc

    publish = lambda_svc._publish_version

    def publish_and_start(name: str, data: Mapping[str, Any]) -> Any:
        answer = publish(name, data)
        if answer[0] == 201:
            published = json.loads(answer[2])["Version"]
            _begin(lambda_svc._functions[name]["versions"][published])
        return answer

    lambda_svc._publish_version = publish_and_start
    return True


def _begin(published: Mapping[str, Any]) -> None:
    # The account and the region of the request are context variables.
    here = contextvars.copy_context()
    threading.Thread(target=here.run, args=(_start, published), daemon=True, name="early-start").start()


def _start(published: Mapping[str, Any]) -> None:
    from ministack.core import lambda_runtime

    config = published["config"]
    worker, _ = lambda_runtime.acquire_worker(
        config["FunctionName"], config, published["code_zip"], qualifier=config["Version"]
    )
    # Given back at once: the first invocation then waits for this worker's start, and does not start another one.
    lambda_runtime.release_worker(worker)
    with worker._lock:
        if worker._proc is None:
            try:
                worker._spawn()
            except Exception:
                # As after a failed invocation; the first one starts another, and tells why that fails.
                lambda_runtime.kill_workers([worker])
