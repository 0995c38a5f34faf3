"""Control a running emulator: reset it, and scale its waits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from payflow_cfn.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payflow_cfn.local.emulator.emulator import Emulator


def reset(emulator: Emulator) -> None:
    """Empty the emulator: stacks, tables, roles, records, everything."""
    _post(emulator, "/_ministack/reset", {})


def set_wait_scale(emulator: Emulator, scale: float) -> None:
    """Change the factor on the workflow's waits while the emulator runs (0 skips them, 1 is real time)."""
    applied = _post(emulator, "/_ministack/config", {"stepfunctions._SFN_WAIT_SCALE": scale})
    if not applied.get("applied"):
        raise LocalError(f"the emulator refused the wait scale {scale!r}", remedy="give a finite number from 0 up")


def _post(emulator: Emulator, path: str, body: Mapping[str, object]) -> dict[str, object]:
    import http.client
    import ssl

    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    order = AWSRequest("POST", emulator.endpoint + path, data=json.dumps(body))
    SigV4Auth(Credentials(emulator.keys.key_id, emulator.keys.secret), "ministack", emulator.region).add_auth(order)
    port = int(emulator.endpoint.rpartition(":")[2])
    context = ssl.create_default_context(cafile=str(emulator.ca_bundle))
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=context)
    try:
        connection.request("POST", path, order.data, dict(order.headers.items()))
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise LocalError(f"the emulator answered {path} with HTTP {answer.status}", remedy="look at its log")
    return dict(json.loads(content or b"{}"))
