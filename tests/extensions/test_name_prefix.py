"""An organisation's prefix: before every name and in every text that has it, and every command follows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet, read_set, write_set
from payflow_cfn.audit.permissions.folder import audit_set
from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.config.names import ALL_NAMES, prefixed
from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy.changeset.preflight import created_names
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.template import RootTemplate
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions import Draft, add_resource, add_subscriber, name_prefix
from payflow_cfn.iam import Scope, access_for, children_of
from payflow_cfn.lint import check_set
from payflow_cfn.stacks.render import build_set
from team_extension import screening_in, write_screening

# What stands before an environment at the end of a name's last part.
NAME = re.compile(r"([A-Za-z0-9-]+)-\$\{Environment\}")


def acme(payments: Draft) -> Draft:
    return name_prefix(payments, "acme-")


def more(payments: Draft) -> Draft:
    payments = add_subscriber(payments, "Declines", queue=True, statuses=["DECLINED"])
    facts = {"Name": {"Fn::Sub": "/lists/${Environment}/key"}, "Type": "String", "Value": "none"}
    return add_resource(payments, "storage", {"Type": "AWS::SSM::Parameter", "Properties": facts}, name="Lists")


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> TemplateSet:
    """The prefix is set first: names that a later extension adds get it, too."""
    folder = write_screening(tmp_path_factory.mktemp("team"))
    return build_set(Settings(), [acme, screening_in(folder), more])


def texts(templates: TemplateSet) -> str:
    return "\n".join(templates.templates.values())


def test_every_whole_name_has_the_prefix_on_the_last_part_of_its_path(named: TemplateSet) -> None:
    found = texts(named)
    for each in ALL_NAMES.values():
        if each.purpose != "stack payflow":
            assert each.prefixed("acme-").sub() in found, each
    assert "/aws/lambda/acme-lambda-payment-validation-${Environment}" in found
    assert "alias/acme-dynamodb-transactions-${Environment}" in found
    assert "function:acme-lambda-payment-validation-${Environment}" in found
    assert 'ALARM(\\"acme-alarm-lambda-screening-errors-${Environment}\\")' in found
    assert "secret:acme-secret-payment-gateway-${Environment}-??????" in found
    assert "lists/${Environment}/acme-key" in found
    assert "acme-sqs-declines-${Environment}" in found
    assert {each for each in NAME.findall(found) if not each.startswith("acme-")} == {"PaymentDuration"}
    assert "acme-acme-" not in found


def test_what_is_no_name_stays(named: TemplateSet) -> None:
    assert "PaymentDuration-${Environment}" in texts(named)
    assert "acme-PaymentDuration" not in texts(named)
    assert prefixed("my-lambda-payment-validation-${Environment}", "acme-") == (
        "my-lambda-payment-validation-${Environment}"
    )
    longer = "dynamodb-transactions-${Environment}-copy"
    assert prefixed([longer], "acme-") == [longer]


def test_every_name_fits_in_the_longest_environment(named: TemplateSet) -> None:
    root = named.root
    limit = root["Parameters"]["Environment"]["MaxLength"]
    assert limit == 38 - len("acme-")
    children = [each["Parameters"]["Environment"]["MaxLength"] for each in named.documents.values()]
    assert set(children) == {limit}
    longest = [each.prefixed("acme-") for key, each in ALL_NAMES.items() if key != "ROOT_STACK"]
    assert max(len(each.text("e" * limit)) - each.limit for each in longest) == 0


@pytest.mark.slow
def test_lint_and_audit_find_nothing_also_in_the_set_that_is_read(named: TemplateSet, tmp_path: Path) -> None:
    write_set(named, str(tmp_path))
    for each in (named, read_set(tmp_path)):
        assert check_set(parse_set(each.templates, sources=each.sources)) == []
        assert audit_set(each) == []


def changed(templates: TemplateSet, stack: str, old: str, new: str) -> TemplateSet:
    text = templates.templates[f"{stack}.json"]
    assert old in text
    return TemplateSet({**templates.templates, f"{stack}.json": text.replace(old, new)})


@pytest.mark.slow
def test_a_name_without_the_prefix_is_found(named: TemplateSet) -> None:
    broken = changed(
        named, "storage", "acme-dynamodb-transactions-${Environment}", "dynamodb-transactions-${Environment}"
    )
    found = [each.message for each in check_set(parse_set(broken.templates)) if each.rule == "PF041"]
    assert found == ["the name is not one of names.ALL_NAMES"]
    own = changed(named, "functions", '"acme-lambda-screening-${Environment}"', '"lambda-screening-${Environment}"')
    found = [each.message for each in check_set(parse_set(own.templates)) if each.rule == "PF041"]
    assert found == ["the name does not begin with acme-"]


@pytest.mark.slow
def test_a_permission_on_a_name_without_the_prefix_is_found(named: TemplateSet) -> None:
    alarm = "alarm:acme-alarm-sfn-failures-${Environment}"
    faults = audit_set(changed(named, "encryption", alarm, alarm.replace("acme-", "")))
    assert {each.kind for each in faults} == {"missing", "unused"}


def test_the_policies_name_what_has_the_prefix(named: TemplateSet) -> None:
    scope = Scope("dev", "111122223333", "eu-west-2", children_of(named), bucket="artifacts")
    for role in ("deployer", "operator", "reader", "keeper"):
        found = access_for(role, scope, named)
        text = json.dumps([each.body for each in found.documents])
        assert found.left_out == () or role == "deployer"
        assert "acme-sfn-payment-workflow-dev" in text
        assert not re.search(r"[:/\"](dynamodb|sns|sqs|sfn|lambda|role|alarm|secret)-[a-z-]+-dev", text)


def test_a_first_deploy_looks_up_the_names_with_the_prefix(named: TemplateSet) -> None:
    root = RootTemplate({}, {}, transform=False)
    found = created_names(Request("payflow-dev", root, {"Environment": "dev"}, named.templates))
    names = {each.text("dev") for each in found.values()}
    assert {"acme-dynamodb-transactions-dev", "acme-lambda-screening-dev", "acme-sqs-declines-dev"} <= names
    assert all(each.rpartition("/")[2].startswith("acme-") for each in names)


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("acme", "cannot begin every name"),
        ("Acme-", "cannot begin every name"),
        ("a--b-", "cannot begin every name"),
        ("aws-", "cannot begin every name"),
        ("", "cannot begin every name"),
        ("acme-\n", "cannot begin every name"),
        ("a" * 34 + "-", "leaves 3 characters for an environment's name"),
        ("a" * 60 + "-", "leaves 0 characters"),
    ],
)
def test_an_impossible_prefix_is_one_line(prefix: str, said: str) -> None:
    with pytest.raises(ExtensionError, match=said) as failed:
        build_set(Settings(), [lambda payments: name_prefix(payments, prefix)])
    assert "\n" not in str(failed.value)


def test_two_extensions_cannot_both_name(named: TemplateSet) -> None:
    def other(payments: Draft) -> Draft:
        return name_prefix(payments, "other-")

    with pytest.raises(ExtensionError, match="was set by"):
        build_set(Settings(), [acme, other])
