"""The bill of materials of an artifact as CycloneDX JSON, for reviewers and scanners."""

from __future__ import annotations

import json
import uuid
from typing import Any

from payflow_cfn.artifacts.dependencies import Pin
from payflow_cfn.artifacts.manifest import Inputs

_SPEC = "1.6"
BILLS = "sbom"


def bill_path(artifact: str) -> str:
    """The file's path in the folder of a set; scanners know CycloneDX by `.cdx.json`."""
    return f"{BILLS}/{artifact}.cdx.json"


def sbom(inputs: Inputs, *, version: str) -> str:
    """The CycloneDX document (https://cyclonedx.org/docs/1.6/json/) of one artifact, the same text for the same inputs.

    `version` is that of the template set. There is no timestamp; the serial number comes from the artifact's identity.
    """
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": _SPEC,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, inputs.identity)}",
        "version": 1,
        "metadata": {"component": _application(inputs, version)},
        "components": [_library(pin) for pin in inputs.pins],
        "dependencies": [
            {"ref": _ref(inputs), "dependsOn": sorted(pin.purl for pin in inputs.pins)},
            *({"ref": pin.purl} for pin in inputs.pins),
        ],
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _ref(inputs: Inputs) -> str:
    return f"payflow-cfn/{inputs.name}"


def _application(inputs: Inputs, version: str) -> dict[str, Any]:
    return {
        "type": "application",
        "bom-ref": _ref(inputs),
        "name": inputs.name,
        "version": version,
        "licenses": [{"license": {"id": "Apache-2.0"}}],
        "properties": [{"name": "payflow-cfn:identity", "value": inputs.identity}],
    }


def _library(pin: Pin) -> dict[str, Any]:
    # Not under `hashes`: those are of a distribution file, this is of the RECORD lines of the files that we copy.
    return {
        "type": "library",
        "bom-ref": pin.purl,
        "name": pin.name,
        "version": pin.version,
        "purl": pin.purl,
        "licenses": [{"license": {"id": pin.license}}],
        "properties": [{"name": "payflow-cfn:record-sha256", "value": pin.record}],
    }
