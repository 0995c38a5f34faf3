"""The bill of materials says exactly what the artifact holds, and says it the same way every time."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest

from payflow_cfn.artifacts.identities import artifact_inputs
from payflow_cfn.artifacts.manifest import Inputs
from payflow_cfn.artifacts.sbom import bill_path, sbom
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.render import build_set


@pytest.fixture(params=["validation", "processing"])
def inputs(request: pytest.FixtureRequest) -> Inputs:
    return next(each for each in artifact_inputs(sdks=("stripe",)) if each.name == request.param)


def document(inputs: Inputs) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sbom(inputs, version="1.0.0"))
    return found


def test_it_is_a_cyclonedx_document(inputs: Inputs) -> None:
    found = document(inputs)
    assert (found["bomFormat"], found["specVersion"], found["version"]) == ("CycloneDX", "1.6", 1)
    assert uuid.UUID(found["serialNumber"].removeprefix("urn:uuid:")).version == 5
    assert bill_path(inputs.name) == f"sbom/{inputs.name}.cdx.json"


def test_the_components_are_the_vendored_distributions(inputs: Inputs) -> None:
    components = document(inputs)["components"]
    assert [(each["name"], each["version"]) for each in components] == [(pin.name, pin.version) for pin in inputs.pins]
    assert all(re.fullmatch(r"pkg:pypi/[a-z-]+@[0-9.]+", each["purl"]) for each in components)
    assert [each["properties"][0]["value"] for each in components] == [pin.record for pin in inputs.pins]


def test_every_component_has_a_known_license(inputs: Inputs) -> None:
    components = document(inputs)["components"]
    assert {each["licenses"][0]["license"]["id"] for each in components} <= {"MIT", "MIT-0", "PSF-2.0"}


def test_every_reference_has_its_component(inputs: Inputs) -> None:
    found = document(inputs)
    refs = {found["metadata"]["component"]["bom-ref"], *(each["bom-ref"] for each in found["components"])}
    assert {each["ref"] for each in found["dependencies"]} == refs
    assert set(found["dependencies"][0]["dependsOn"]) == refs - {found["metadata"]["component"]["bom-ref"]}


def test_the_same_inputs_give_the_same_text_and_others_another_serial_number(inputs: Inputs) -> None:
    assert sbom(inputs, version="1.0.0") == sbom(inputs, version="1.0.0")
    other = Inputs(inputs.name, "0" * 64, inputs.files, inputs.size, inputs.pins)
    assert document(other)["serialNumber"] != document(inputs)["serialNumber"]


def test_the_rendered_set_has_the_bill_of_each_artifact() -> None:
    bills = build_set(Settings(stripe=True)).bills
    assert set(bills) == {"sbom/processing.cdx.json", "sbom/validation.cdx.json"}
    named = {each["name"] for each in json.loads(bills["sbom/processing.cdx.json"])["components"]}
    assert "stripe" in named
