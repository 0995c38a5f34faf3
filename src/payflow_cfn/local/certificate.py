"""A certificate for one emulator, made new each time and trusted by nobody else."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payflow_cfn.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# A configuration file instead of -addext: LibreSSL, the openssl of macOS, has no such option in older versions.
_CONFIGURATION = """\
[req]
distinguished_name = name
prompt = no
x509_extensions = leaf
[name]
CN = payflow-local
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = IP:127.0.0.1, DNS:localhost
"""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A self-signed certificate (also the bundle that trusts it) and its private key, both PEM files."""

    certificate: Path
    key: Path


def make_certificate(folder: Path) -> Certificate:
    """Write `server.crt` and `server.key` for 127.0.0.1 and localhost into `folder`; LocalError without openssl."""
    made = Certificate(certificate=folder / "server.crt", key=folder / "server.key")
    configuration = folder / "openssl.cnf"
    configuration.write_text(_CONFIGURATION, encoding="ascii")
    # An elliptic-curve key takes 2 ms, an RSA key of 2048 bits 100 to 400 ms.
    _openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(made.key)])
    made.key.chmod(0o600)
    _openssl(
        [
            "req",
            "-x509",
            "-new",
            "-sha256",
            "-days",
            "7",
            "-config",
            str(configuration),
            "-key",
            str(made.key),
            "-out",
            str(made.certificate),
        ]
    )
    return made


def _openssl(arguments: Sequence[str]) -> None:
    program = shutil.which("openssl")
    if program is None:
        raise LocalError(
            "the program openssl is not on the PATH",
            remedy="install it; the embedded AWS makes its TLS certificate with it",
        )
    result = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise LocalError(
            f"openssl {arguments[0]} ended with status {result.returncode}",
            remedy="look at its output in data['output']",
            output=result.stderr,
        )
