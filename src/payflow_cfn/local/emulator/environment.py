"""The environment variables of the local child processes, without any profile, key or proxy of the user."""

from __future__ import annotations

import ipaddress
import os
import secrets
import site
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from payflow_cfn.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from payflow_cfn.local.emulator.certificate import Certificate

# What a program needs to start at all; everything else of the user's environment stays outside.
_KEPT = ("PATH", "LD_LIBRARY_PATH", "SSL_CERT_DIR", "SYSTEMROOT", "TZ")


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key: its id and its secret."""

    key_id: str
    secret: str = field(repr=False)


def new_keys() -> Keys:
    """The root key of one run: nobody can guess its id or its secret."""
    return Keys("AKIA" + secrets.token_hex(8).upper(), secrets.token_hex(20))


def require_loopback(url: str) -> str:
    """Return `url` when its host is this machine's loopback; LocalError otherwise (a name is not looked up)."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or _is_loopback(host):
        return url
    raise LocalError(
        f"the endpoint {url!r} is not on this machine's loopback",
        remedy="local mode only talks to 127.0.0.1, ::1 or localhost",
        endpoint=url,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def isolated_environment(home: Path, *, keys: Keys, region: str, ca_bundle: Path) -> dict[str, str]:
    """The variables every local child gets: the run's keys, no files, no proxies, no instance metadata."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "AWS_ACCESS_KEY_ID": keys.key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret,
        "AWS_DEFAULT_REGION": region,
        "AWS_CA_BUNDLE": str(ca_bundle),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "NO_PROXY": "*",
        "TMPDIR": str(home),
        "no_proxy": "*",
    }


def emulator_environment(
    home: Path,
    *,
    keys: Keys,
    region: str,
    account: str,
    wait_scale: float,
    certificate: Certificate,
    workers: Mapping[str, str],
) -> dict[str, str]:
    """The emulator's variables; `workers` are added last, and its Lambda workers inherit them all."""
    return (
        isolated_environment(home, keys=keys, region=region, ca_bundle=certificate.bundle)
        | {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "CLOUDTRAIL_MAX_EVENTS": "200000",
            "CLOUDTRAIL_RECORDING": "1",
            # MiniStack looks after containers of its own when it finds a Docker daemon; it must not find the user's.
            "DOCKER_HOST": f"unix://{home}/no-docker.sock",
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "MINISTACK_ACCOUNT_ID": account,
            "MINISTACK_HOST": "localhost",
            "MINISTACK_REGION": region,
            "MINISTACK_SSL_CERT": str(certificate.certificate),
            "MINISTACK_SSL_KEY": str(certificate.key),
            "PAYFLOW_LOCAL_HOME": str(home),
            "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
            "PYTHONUSERBASE": site.getuserbase() or "",
            "S3_DATA_DIR": str(home / "s3"),
            "SFN_WAIT_SCALE": repr(wait_scale),
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(home / "state"),
            "USE_SSL": "1",
        }
        | dict(workers)
    )
