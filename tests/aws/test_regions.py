"""What a region lacks is refused before anything is sent; the table agrees with the data that other tools carry."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber

from governed_sets import EVERYTHING, rendered
from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.aws.regions import FEATURES, Feature, missing_features, require_features
from payflow_cfn.cli.main import main
from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy.publish.publish import package_set
from payflow_cfn.errors import SettingsError
from payflow_cfn.lint import report
from sessions import connect_to

CODE_SIGNING, X_RAY, ARM64 = FEATURES
SIGNED = Settings(code_signing=True)
LACKS, HAS = "me-central-1", "eu-west-2"


def used(settings: Settings, feature: Feature) -> set[str]:
    """The resources that use the feature, as a region without it would be told."""
    lacking = replace(feature, lacking=frozenset({"nowhere-1"}))
    parsed = {name: json.loads(text) for name, text in rendered(settings).items()}
    return {each.path for each in missing_features(parsed, "nowhere-1", features=(lacking,))}


def test_each_feature_is_seen_where_its_setting_puts_it_and_nowhere_else() -> None:
    functions = [f"Resources/{title}Function/Properties" for title in ("Validation", "Processing")]
    assert {each.name: used(EVERYTHING, each) for each in FEATURES} == {
        "code signing": {f"{each}/CodeSigningConfigArn" for each in functions},
        "X-Ray": {f"{each}/TracingConfig" for each in functions}
        | {"Resources/PaymentWorkflow/Properties/TracingConfiguration"},
        "arm64 functions": {f"{each}/Architectures" for each in functions},
    }
    assert [used(Settings(), each) for each in FEATURES] == [set()] * len(FEATURES)


def test_what_the_region_lacks_is_refused_in_one_line_that_names_region_and_setting() -> None:
    with pytest.raises(SettingsError) as refused:
        require_features(rendered(SIGNED), LACKS)
    assert str(refused.value).startswith("me-central-1 has no code signing (setting code_signing; ")
    assert "\n" not in str(refused.value)
    require_features(rendered(SIGNED), HAS)
    require_features(rendered(Settings()), LACKS)


def test_nothing_is_sent_to_a_region_that_lacks_it() -> None:
    s3: Any = botocore.session.get_session().create_client(
        "s3", region_name=LACKS, aws_access_key_id="a", aws_secret_access_key="b"
    )
    with Stubber(s3), pytest.raises(SettingsError, match="me-central-1 has no code signing"):
        package_set(s3, TemplateSet(rendered(SIGNED)), bucket="b", region=LACKS)


@pytest.mark.parametrize("command", ["deploy", "plan", "package", "lines"])
def test_a_command_stops_in_one_line_before_its_first_request(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: list[str] = []

    def refuse(model: Any, **_: Any) -> None:
        sent.append(model.name)
        raise AssertionError(model.name)

    def client(service: str) -> Any:
        made = botocore.session.get_session().create_client(
            service, region_name=LACKS, aws_access_key_id="a", aws_secret_access_key="b"
        )
        made.meta.events.register("before-call", refuse)
        return made

    monkeypatch.chdir(tmp_path)
    Path("payflow.toml").write_text(
        "[settings]\ncode_signing = true\n"
        f'[environments.dev]\nregion = "{LACKS}"\nbucket = "artifacts"\n[environments.dev.parameters]\n'
        f'CodeSigningConfigArn = "arn:aws:lambda:{LACKS}:111122223333:code-signing-config:csc-{"a" * 17}"\n'
    )
    arguments = {"deploy": ["--yes"], "package": ["--bucket", "artifacts"], "plan": [], "lines": ["--show-cli"]}[
        command
    ]
    name = "deploy" if command == "lines" else command
    assert main([name, "--env", "dev", *arguments], connect_to(client)) == 2
    said = capsys.readouterr().err
    assert f"{LACKS} has no code signing (setting code_signing; " in said
    assert (said.count("\n"), sent) == (1, [])


@pytest.mark.slow
def test_lint_reports_each_resource_for_that_region_and_explains_the_rule() -> None:
    found = report(TemplateSet(rendered(SIGNED)), regions=(HAS, LACKS), checker="cloudformation_validate")
    assert {(each.rule, each.severity, each.file, each.path) for each in found.findings} == {
        ("PF060", "error", "functions.json", f"Resources/{title}Function/Properties/CodeSigningConfigArn")
        for title in ("Validation", "Processing")
    }
    assert all(each.message.startswith(LACKS) for each in found.findings)
    assert "PF060" in found.rules


@pytest.mark.slow
def test_what_is_not_certain_is_warned_of_and_not_refused() -> None:
    arm64 = rendered(Settings(architecture="arm64"))
    found = report(TemplateSet(arm64), regions=(LACKS,), checker="cloudformation_validate")
    assert {(each.rule, each.severity) for each in found.findings} == {("PF060", "warning")}
    require_features(arm64, LACKS)


def resource_types(region: str) -> set[str]:
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    return set(PROVIDER_SCHEMA_MANAGER.get_resource_types(region))


def known_regions() -> list[str]:
    from cfnlint.helpers import REGIONS

    return sorted(REGIONS)


@pytest.mark.slow
def test_the_table_agrees_with_the_resource_types_and_endpoints_of_each_region() -> None:
    session = botocore.session.get_session()
    partitions = session.get_available_partitions()
    signer = {each for partition in partitions for each in session.get_available_regions("signer", partition)}
    tracing = {each for partition in partitions for each in session.get_available_regions("xray", partition)}
    without = {each for each in known_regions() if "AWS::Lambda::CodeSigningConfig" not in resource_types(each)}
    assert without | (set(known_regions()) - signer) == CODE_SIGNING.lacking
    assert set(known_regions()) - tracing == X_RAY.lacking
    assert set(known_regions()) >= ARM64.lacking


def test_every_region_has_every_resource_type_of_a_set_with_everything() -> None:
    templates = [json.loads(text) for settings in (EVERYTHING, Settings()) for text in rendered(settings).values()]
    types = {each["Type"] for template in templates for each in template["Resources"].values()}
    assert len(types) > 12
    assert {region: types - resource_types(region) for region in known_regions()} == {
        region: set() for region in known_regions()
    }


@pytest.mark.parametrize("given", [5, True, {"Fn::If": ["arm64", 1, 2]}, "not arm64"])
def test_a_property_of_a_strange_kind_uses_nothing(given: Any) -> None:
    stack = {"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Architectures": given}}}}
    assert list(missing_features({"root": stack}, LACKS, features=(ARM64,))) == []
    stack["Resources"]["F"]["Properties"] = {"Architectures": ["arm64"]}
    assert len(list(missing_features({"root": stack}, LACKS, features=(ARM64,)))) == 1
