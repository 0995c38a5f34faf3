"""Clients that can only reach the emulator, and the environment for other programs that use it."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from payflow_cfn.local.emulator.environment import isolated_environment, require_loopback

if TYPE_CHECKING:
    from pathlib import Path

    from payflow_cfn.local.emulator.emulator import Emulator

# The session's own variables, cut off from the shell: (key in a configuration file, environment names, default, cast).
_CUT_OFF = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "region": (None, None, None, None),
    "ca_bundle": (None, None, None, None),
    "data_path": (None, None, None, None),
}


class LocalClients:
    """Makes boto3 clients for one loopback endpoint on first use and keeps them; safe to share between threads."""

    def __init__(
        self,
        *,
        endpoint: str,
        ca_bundle: Path,
        region: str,
        keys: tuple[str, str],
    ) -> None:
        """Refuse an `endpoint` that is not on the loopback with LocalError; `ca_bundle` is what TLS must show.

        `keys` are an access key's id and secret.
        """
        self.endpoint = require_loopback(endpoint)
        self.region = region
        self.key_id = keys[0]
        self._ca_bundle = ca_bundle
        self._keys = keys
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._session: Any = None

    def client(self, service: str) -> Any:
        """The one client for a service, named as boto3 names it ("stepfunctions", "s3", ...)."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._make(service)
            return self._clients[service]

    __call__ = client

    def _make(self, service: str) -> Any:
        if self._session is None:
            self._session = _session(self.region, self._keys)
        return self._session.client(service, endpoint_url=self.endpoint, verify=str(self._ca_bundle), config=_config())


def local_clients(emulator: Emulator) -> LocalClients:
    """The clients of a running emulator, as the account's root, whom it allows everything."""
    keys = (emulator.keys.key_id, emulator.keys.secret)
    return LocalClients(endpoint=emulator.endpoint, ca_bundle=emulator.ca_bundle, region=emulator.region, keys=keys)


def child_environment(emulator: Emulator) -> dict[str, str]:
    """A whole environment for a program that uses the emulator, such as the AWS CLI; pass it as `env=`.

    The endpoint is in a variable: the CLI's option --endpoint-url does not reach the S3 part of `package`.
    """
    isolated = isolated_environment(
        emulator.home, keys=emulator.keys, region=emulator.region, ca_bundle=emulator.ca_bundle
    )
    return isolated | {"AWS_ENDPOINT_URL": require_loopback(emulator.endpoint), "AWS_PAGER": ""}


def _session(region: str, keys: tuple[str, str]) -> Any:
    import boto3
    from botocore.session import Session

    isolated: Any = Session(session_vars=_CUT_OFF)
    isolated.set_config_variable("region", region)
    isolated.set_credentials(*keys)
    return boto3.Session(botocore_session=isolated)


def _config() -> Any:
    """Every setting that botocore would otherwise look for in the user's shell, said here."""
    from botocore.config import Config

    settings: dict[str, Any] = {
        # Empty, not None: with None botocore reads HTTPS_PROXY and its like.
        "proxies": {},
        "retries": {"mode": "standard", "total_max_attempts": 2},
        "s3": {"addressing_style": "path"},
        # StartSyncExecution and its like would go to sync-127.0.0.1 otherwise.
        "inject_host_prefix": False,
        "use_dualstack_endpoint": False,
        "use_fips_endpoint": False,
        "ignore_configured_endpoint_urls": True,
        "defaults_mode": "legacy",
        "max_pool_connections": 50,
        "connect_timeout": 5,
        "read_timeout": 120,
    }
    return Config(**settings)
