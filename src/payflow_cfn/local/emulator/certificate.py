"""A certificate for one emulator, made new each time and trusted by nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payflow_cfn.errors import LocalError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files: the certificate, its private key, and the bundle of the authority that signed it and nothing else."""

    certificate: Path
    key: Path
    bundle: Path


def make_certificate(folder: Path) -> Certificate:
    """Write the files for 127.0.0.1 and localhost into `folder`; LocalError without trustme."""
    try:
        import trustme
    except ImportError as error:
        raise LocalError(
            "the embedded AWS makes its TLS certificate with trustme, which is not installed",
            remedy="pip install 'payflow-cfn[local]'",
        ) from error
    made = Certificate(certificate=folder / "server.crt", key=folder / "server.key", bundle=folder / "authority.crt")
    # The authority's own key is never written: nobody else can make a certificate that the bundle trusts.
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    made.key.touch(mode=0o600)
    issued.private_key_pem.write_to_path(str(made.key))
    issued.cert_chain_pems[0].write_to_path(str(made.certificate))
    authority.cert_pem.write_to_path(str(made.bundle))
    return made
