"""A team's rule and gateway: in the zip, known to the function, admitted by the templates."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from payflow_cfn.artifacts.build import set_artifacts
from payflow_cfn.artifacts.template_set import TemplateSet, read_set, write_set
from payflow_cfn.audit.permissions.folder import audit_set
from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import ExtensionError, PackageError
from payflow_cfn.extensions import Draft, add_gateway, add_parameter, add_rule, override
from payflow_cfn.lint import check_set
from payflow_cfn.stacks.render import build_set

RULE = """def not_blocked(submission, limits):
    return "blocked: this customer is blocked" if submission.customer_id == "BAD" else None
"""
ADAPTER = """from payments.gateways.protocol import ChargeAnswer, ChargeStatus


class AcmeGateway:
    key_lifetime = None

    def charge(self, request, *, idempotency_key):
        return ChargeAnswer(ChargeStatus.SUCCEEDED, reference="acme-1")

    def find(self, request, *, idempotency_key, since=None):
        return ChargeAnswer(ChargeStatus.NOT_FOUND)
"""


def made(folder: Path, change: Callable[[Draft], Draft], **modules: str) -> TemplateSet:
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    return build_set(Settings(), [change])


def unpacked(templates: TemplateSet, artifact: str, folder: Path) -> Path:
    (body,) = (each.build().body for each in set_artifacts(templates) if each.name == artifact)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        archive.extractall(folder / artifact)
    return folder / artifact


def printed(folder: Path, program: str) -> str:
    """What the program prints with the unpacked zip alone on its path."""
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{program}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.slow
def test_a_rule_rejects_in_the_packaged_function(tmp_path: Path) -> None:
    found = made(
        tmp_path, lambda payments: add_rule(payments, "acme_rules:not_blocked", folder=str(tmp_path)), acme_rules=RULE
    )
    assert check_set(parse_set(found.templates)) == []
    program = (
        "from validation.rules import apply_rules, read_limits\nfrom validation.fields import Submission\n"
        "limits = read_limits({'limits': 'USD 10000 5000', 'risk_threshold': '50'})\n"
        "print([apply_rules(Submission(customer_id=each, currency='USD'), limits).refusals for each in ('BAD', 'C-1')])"
    )
    zipped = unpacked(found, "validation", tmp_path)
    assert printed(zipped, program) == "[('blocked: this customer is blocked',), ()]"


@pytest.mark.slow
def test_a_rule_with_a_variable_and_a_number_of_its_own_changes_the_validation_alone(tmp_path: Path) -> None:
    def change(payments: Draft) -> Draft:
        payments = add_parameter(payments, "AcmeLimit", description="A limit", Type="Number", default=3)
        path = "Functions/ValidationFunction/Environment/Variables/ACME_LIMIT"
        payments = override(payments, path, {"Ref": "AcmeLimit"})
        return add_rule(payments, "acme_rules:not_blocked", folder=str(tmp_path))

    found = made(tmp_path, change, acme_rules=RULE)
    assert check_set(parse_set(found.templates)) == []
    plain, own = (
        {name: each.identity for name, each in templates.artifacts.items()}
        for templates in (build_set(Settings()), found)
    )
    assert plain["processing"] == own["processing"]
    assert plain["validation"] != own["validation"]


@pytest.mark.slow
def test_a_gateway_charges_in_the_packaged_function(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        lambda payments: add_gateway(
            payments, "acme", "acme_gateway:AcmeGateway", needs_secret=False, folder=str(tmp_path)
        ),
        acme_gateway=ADAPTER,
    )
    assert check_set(parse_set(found.templates)) == []
    assert audit_set(found) == []
    root = json.loads(found.templates["root.json"])
    assert "acme" in root["Parameters"]["GatewayAdapter"]["AllowedValues"]
    program = (
        "from payments.gateways.choose import choose_gateway\n"
        "made = choose_gateway({'adapter': 'acme'}, time_left=lambda: 1.0)\n"
        "print(made.charge(None, idempotency_key='k').reference)"
    )
    assert printed(unpacked(found, "processing", tmp_path), program) == "acme-1"


def test_a_gateway_with_an_address_is_refused_without_one(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        lambda payments: add_gateway(
            payments, "acme", "acme_gateway:AcmeGateway", needs_address=True, folder=str(tmp_path)
        ),
        acme_gateway=ADAPTER,
    )
    assert "AcmeGatewayHasAddress" in json.loads(found.templates["root.json"])["Rules"]


def test_a_module_whose_import_would_fail_is_refused_when_packaging(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        lambda payments: add_rule(payments, "acme_rules:not_blocked", folder=str(tmp_path)),
        acme_rules="import requests\n" + RULE,
    )
    with pytest.raises(PackageError, match=r"acme_rules.py: requests"):
        [each.build() for each in set_artifacts(found)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def other(submission, limits): pass\n", "own_module.py has no thing"),
        ("def thing(:\n", "own_module.py cannot be read"),
        ("class thing:\n    def charge(self): pass\n", "thing of own_module.py has no method find"),
    ],
)
def test_a_module_that_does_not_define_it_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ExtensionError, match=says):
        made(
            tmp_path,
            lambda payments: add_gateway(payments, "acme", "own_module:thing", folder=str(tmp_path)),
            own_module=text,
        )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda payments: add_gateway(payments, "http", "acme:Acme"), "'http' cannot be a new gateway"),
        (lambda payments: add_rule(payments, "acme"), "'acme' names nothing in a module"),
        (lambda payments: add_rule(payments, "nowhere:rule"), "nowhere.py"),
        (lambda payments: add_rule(payments, "payments:rule"), "a module named payments is already in the function"),
        (lambda payments: add_gateway(payments, "acme", "json:Acme"), "a module named json is already in the function"),
    ],
)
def test_what_cannot_be_added_is_one_line(change: Callable[[Draft], Draft], says: str) -> None:
    with pytest.raises(ExtensionError, match=says):
        build_set(Settings(), [change])


def test_the_zips_of_a_set_with_a_teams_module_are_taken_as_they_are(tmp_path: Path) -> None:
    found = made(
        tmp_path, lambda payments: add_rule(payments, "acme_rules:not_blocked", folder=str(tmp_path)), acme_rules=RULE
    )
    zips = {each.name: each.build().body for each in set_artifacts(found)}
    write_set(found, str(tmp_path / "set"), zips=zips)
    assert {each.name: each.build().body for each in set_artifacts(read_set(tmp_path / "set"))} == zips
    (tmp_path / "acme_rules.py").write_text(RULE.replace("BAD", "GOOD"))
    other = build_set(Settings(), [lambda payments: add_rule(payments, "acme_rules:not_blocked", folder=str(tmp_path))])
    write_set(found, str(tmp_path / "set"), zips={each.name: each.build().body for each in set_artifacts(other)})
    with pytest.raises(PackageError, match="the identity of its sources"):
        [each.build() for each in set_artifacts(read_set(tmp_path / "set"))]
