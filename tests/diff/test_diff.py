"""Two whole sets compared: nothing that did not change is said to, and what follows from a change is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from payflow_cfn.artifacts.template_set import read_set
from payflow_cfn.aws.schemas import find_schema
from payflow_cfn.diff import EMPTY, AccessChange, Change, Effect, InterfaceChange, ResourceChange, diff_sets, plan, text
from payflow_cfn.errors import FilesError, PlanError

from .conftest import FOLDER, Edit, Templates, one_stack, properties, resources

After = Callable[..., list[Change]]
TABLE = "Storage/TransactionsTable"


def test_a_set_does_not_differ_from_itself(shipped: Templates) -> None:
    assert diff_sets(shipped, json.loads(json.dumps(shipped))) == []
    assert diff_sets(read_set(FOLDER), shipped) == []


def test_equal_sets_and_changes_of_known_types_need_no_cfnlint() -> None:
    code = (
        "import sys; from payflow_cfn.cli.main import main\n"
        f"status = main(['diff', {str(FOLDER)!r}, {str(FOLDER)!r}])\n"
        "print(status, [each for each in ('cfnlint', 'boto3', 'pydantic', 'troposphere') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["no differences", "0 []"]


def test_another_template_url_of_an_unchanged_child_is_no_change(shipped: Templates, edited: Any) -> None:
    def packaged(templates: Templates) -> None:
        for resource in templates["root.json"]["Resources"].values():
            name = resource["Properties"]["TemplateURL"].removeprefix("./").removesuffix(".json")
            resource["Properties"]["TemplateURL"] = f"https://b.s3.amazonaws.com/payflow/{name}-{'a' * 64}.json"

    assert diff_sets(shipped, edited(packaged)) == []


def test_code_packaged_on_one_side_is_compared_by_its_key(shipped: Templates, edited: Any) -> None:
    identity = shipped["manifest.json"]["artifacts"]["validation"]["identity"]

    def packaged(key: str) -> Edit:
        def edit(templates: Templates) -> None:
            code = {"S3Bucket": "b", "S3Key": f"payflow/validation-{key}.zip"}
            properties(templates, "functions", "ValidationFunction")["Code"] = code

        return edit

    assert diff_sets(shipped, edited(packaged(identity))) == []
    found = resources(diff_sets(shipped, edited(packaged("0" * 64))))
    assert [each.path for each in found["Functions/ValidationFunction"].properties] == [
        ("Properties", "Code", "Artifact")
    ]


def test_one_property_is_one_change_with_both_values(after: After) -> None:
    changes = after(
        lambda templates: properties(templates, "storage", "TransactionsTable").update(
            TableClass="STANDARD_INFREQUENT_ACCESS"
        )
    )
    assert len(changes) == 1
    (found,) = resources(changes).values()
    assert (found.action, found.effect) == ("modify", Effect.NO_INTERRUPTION)
    assert [(each.path, each.before, each.after) for each in found.properties] == [
        (("Properties", "TableClass"), None, "STANDARD_INFREQUENT_ACCESS")
    ]


def _places(templates: Templates) -> list[tuple[str, str, str]]:
    return [
        (name, logical_id, key)
        for name, template in sorted(templates.items())
        for logical_id, resource in template.get("Resources", {}).items()
        if resource["Type"] != "AWS::CloudFormation::Stack" and "Condition" not in resource
        for key, value in resource.get("Properties", {}).items()
        if isinstance(value, str | int) and not isinstance(value, bool)
    ]


@given(some.data())
@settings(max_examples=settings().max_examples * 2 // 5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.slow
def test_any_changed_scalar_is_found_where_it_is_and_nowhere_else(
    shipped: Templates, edited: Any, data: some.DataObject
) -> None:
    name, logical_id, key = data.draw(some.sampled_from(_places(shipped)))
    value = data.draw(some.text("abc", min_size=1, max_size=3))

    def edit(templates: Templates) -> None:
        templates[name]["Resources"][logical_id]["Properties"][key] = f"new {value}"

    there = resources(diff_sets(shipped, edited(edit)))
    back = resources(diff_sets(edited(edit), shipped))
    static = [(path, each) for path, change in there.items() for each in change.properties if not each.dynamic]
    assert [(path.rpartition("/")[2], each.path, each.after) for path, each in static] == [
        (logical_id, ("Properties", key), f"new {value}")
    ]
    swapped = [
        (path, each.path, each.after, each.before)
        for path, change in back.items()
        for each in change.properties
        if not each.dynamic
    ]
    assert swapped == [(path, each.path, each.before, each.after) for path, each in static]


def test_another_key_type_of_the_table_is_refused_and_named(after: After) -> None:
    """O18: a table with a name of its own cannot be replaced."""

    def edit(templates: Templates) -> None:
        properties(templates, "storage", "TransactionsTable")["AttributeDefinitions"][0]["AttributeType"] = "N"

    found = resources(after(edit))[TABLE]
    assert found.effect is Effect.REFUSED
    assert found.endangers_data
    assert found.name == "dynamodb-transactions-dev"
    assert "name of its own" in found.notes[0]


def test_another_key_schema_of_a_table_without_a_name_replaces_it() -> None:
    def table(key: str) -> Templates:
        given = {"KeySchema": [{"AttributeName": key, "KeyType": "HASH"}]}
        return one_stack(T=("AWS::DynamoDB::Table", given))

    found = resources(diff_sets(table("a"), table("b")))["T"]
    assert (found.effect, found.fate) == (Effect.REPLACES, "deleted")


def test_a_renamed_table_is_replaced_and_all_that_refers_to_it_may_change(after: After) -> None:
    changes = after(lambda templates: properties(templates, "storage", "TransactionsTable").update(TableName="another"))
    found = resources(changes)
    assert (found[TABLE].effect, found[TABLE].fate) == (Effect.REPLACES, "retained")
    role = found["Functions/ValidationRole"]
    assert {each.cause for each in role.properties} == {("Storage", "TransactionsTable")}
    assert all(each.dynamic for each in role.properties)
    assert {(each.before, each.after) for each in role.properties} == {
        ("${Storage/TransactionsTable.Arn}", "${Storage/TransactionsTable.Arn}"),
        ("dynamodb-transactions-dev", "another"),
    }
    assert "Workflow/PaymentWorkflow" in found
    assert {each.fate for path, each in found.items() if path != TABLE} == {""}
    assert "Monitoring/ValidationErrorsAlarm" not in found
    outputs = {each.name: each.text for each in changes if isinstance(each, InterfaceChange)}
    assert outputs == {
        "TransactionsTableName": "comes to another value",
        "TransactionsTableArn": "may come to another value",
        "TransactionsTableId": "comes to another value",
    }
    assert not [each for each in changes if isinstance(each, AccessChange)]


def test_what_names_a_replaced_resource_at_creation_may_be_replaced_and_moves_others() -> None:
    def chain(name: str) -> Templates:
        return one_stack(
            Topic=("AWS::SNS::Topic", {"TopicName": name}),
            Subscription=("AWS::SNS::Subscription", {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs"}),
            Value=("AWS::SSM::Parameter", {"Type": "String", "Value": {"Ref": "Subscription"}}),
        )

    found = resources(diff_sets(chain("a"), chain("b")))
    assert found["Topic"].effect is Effect.REPLACES
    assert found["Subscription"].effect is Effect.MAY_REPLACE
    assert found["Value"].effect is Effect.NO_INTERRUPTION
    assert found["Value"].properties[0].cause == ("Subscription",)


def test_a_new_name_that_is_set_at_creation_elsewhere_replaces_for_certain() -> None:
    def groups(name: str) -> Templates:
        return one_stack(
            Group=("AWS::Logs::LogGroup", {"LogGroupName": name}),
            Filter=("AWS::Logs::MetricFilter", {"LogGroupName": {"Ref": "Group"}, "FilterPattern": ""}),
            Text=("AWS::SSM::Parameter", {"Type": "String", "Value": {"Fn::Sub": "of ${Group}"}}),
        )

    found = resources(diff_sets(groups("a"), groups("b")))
    assert found["Filter"].effect is Effect.REPLACES
    assert [(each.before, each.after) for each in found["Text"].properties] == [("of a", "of b")]


def test_an_update_in_place_moves_only_what_aws_may_set_anew() -> None:
    def table(stream: str) -> Templates:
        return one_stack(
            T=("AWS::DynamoDB::Table", {"StreamSpecification": {"StreamViewType": stream}}),
            A=("AWS::SSM::Parameter", {"Type": "String", "Value": {"Fn::GetAtt": ["T", "Arn"]}}),
            S=("AWS::SSM::Parameter", {"Type": "String", "Value": {"Fn::GetAtt": ["T", "StreamArn"]}}),
        )

    assert sorted(resources(diff_sets(table("KEYS_ONLY"), table("NEW_IMAGE")))) == ["S", "T"]


def test_a_type_without_a_schema_has_an_unknown_effect_and_moves_its_attributes() -> None:
    def custom(value: str) -> Templates:
        return one_stack(
            C=("Custom::Thing", {"A": value}),
            P=("AWS::SSM::Parameter", {"Type": "String", "Value": {"Fn::GetAtt": ["C", "X"]}}),
        )

    found = resources(diff_sets(custom("1"), custom("2")))
    assert found["C"].effect is Effect.UNKNOWN
    assert found["P"].properties[0].cause == ("C",)


def test_an_immutable_property_of_a_key_is_refused(after: After) -> None:
    found = resources(after(lambda t: properties(t, "encryption", "SnsKey").update(MultiRegion=True)))
    assert found["Encryption/SnsKey"].effect is Effect.REFUSED


def test_another_type_under_the_same_logical_id_is_refused(after: After) -> None:
    def edit(templates: Templates) -> None:
        templates["notifications.json"]["Resources"]["NotificationsTopic"]["Type"] = "AWS::SQS::Queue"

    found = resources(after(edit))["Notifications/NotificationsTopic"]
    assert found.effect is Effect.REFUSED
    assert "another logical id" in found.notes[0]


def test_a_renamed_logical_id_collides_with_the_name_that_is_still_there(after: After) -> None:
    def edit(templates: Templates) -> None:
        made = templates["storage.json"]["Resources"]
        made["PaymentsTable"] = made.pop("TransactionsTable")
        templates["storage.json"] = json.loads(
            json.dumps(templates["storage.json"]).replace('"TransactionsTable"', '"PaymentsTable"')
        )

    found = resources(after(edit))
    assert found["Storage/PaymentsTable"].effect is Effect.REFUSED
    assert TABLE in found["Storage/PaymentsTable"].notes[0]
    assert (found[TABLE].action, found[TABLE].fate) == ("remove", "retained")
    assert found[TABLE].endangers_data


def test_an_alias_of_the_same_name_for_another_function_collides_with_nothing() -> None:
    def alias(function: str) -> tuple[str, dict[str, Any]]:
        return ("AWS::Lambda::Alias", {"Name": "live", "FunctionName": function, "FunctionVersion": "1"})

    found = resources(diff_sets(one_stack(A=alias("f")), one_stack(A=alias("f"), B=alias("g"))))
    assert found["B"].effect is Effect.NO_INTERRUPTION
    assert resources(diff_sets(one_stack(A=alias("f")), one_stack(B=alias("f"))))["B"].effect is Effect.REFUSED
    assert resources(diff_sets(one_stack(A=alias("f")), one_stack(A=alias("g"))))["A"].effect is Effect.REPLACES


def test_a_secret_moved_to_another_logical_id_collides() -> None:
    secret = ("AWS::SecretsManager::Secret", {"Name": "key"})
    assert resources(diff_sets(one_stack(A=secret), one_stack(B=secret)))["B"].effect is Effect.REFUSED


def test_a_policy_that_no_longer_keeps_the_table_is_shown(after: After) -> None:
    def edit(templates: Templates) -> None:
        templates["storage.json"]["Resources"]["TransactionsTable"]["DeletionPolicy"] = "Delete"

    (found,) = resources(after(edit)).values()
    assert found.effect is Effect.NOTHING
    assert [(each.path, each.before, each.after) for each in found.properties] == [
        (("DeletionPolicy",), "Retain", "Delete")
    ]


def test_metadata_and_descriptions_count_only_when_asked(after: After) -> None:
    def edit(templates: Templates) -> None:
        templates["storage.json"]["Description"] = "new"
        templates["storage.json"]["Resources"]["TransactionsTable"]["Metadata"] = {"a": "b"}

    assert after(edit) == []
    (found,) = resources(after(edit, metadata=True)).values()
    assert found.properties[0].path == ("Metadata",)


def test_a_function_that_changes_without_a_new_version_is_told(after: After) -> None:
    """O23."""
    found = resources(after(lambda t: properties(t, "functions", "ValidationFunction").update(Timeout=10)))
    assert "no new version" in found["Functions/ValidationFunction"].notes[0]
    tagged = resources(after(lambda t: properties(t, "functions", "ValidationFunction").update(Description="x")))
    assert tagged["Functions/ValidationFunction"].notes == ()


def test_a_new_version_moves_the_alias(after: After) -> None:
    def edit(templates: Templates) -> None:
        body = json.dumps(templates["functions.json"])
        old = next(each for each in templates["functions.json"]["Resources"] if each.startswith("ValidationVersion"))
        templates["functions.json"] = json.loads(body.replace(old, "ValidationVersionffffffffff"))
        properties(templates, "functions", "ValidationFunction")["Timeout"] = 10

    found = resources(after(edit))
    assert found["Functions/ValidationFunction"].notes == ()
    assert found["Functions/ValidationVersionffffffffff"].action == "add"
    assert found["Functions/ValidationAlias"].properties[0].path == ("Properties", "FunctionVersion")
    assert [each.fate for each in found.values() if each.action == "remove"] == ["retained"]


def test_a_parameter_value_is_followed_to_every_resource_that_uses_it(shipped: Templates) -> None:
    changes = diff_sets(
        shipped, shipped, old_parameters={"ErrorsThreshold": "5"}, new_parameters={"ErrorsThreshold": "7"}
    )
    found = resources(changes)
    assert sorted(found) == ["Monitoring/ProcessingErrorsAlarm", "Monitoring/ValidationErrorsAlarm"]
    assert [(each.before, each.after) for each in found["Monitoring/ValidationErrorsAlarm"].properties] == [("5", "7")]
    assert diff_sets(shipped, shipped, old_parameters={"ErrorsThreshold": "5"}) == []


def test_a_permissions_boundary_reaches_every_role(shipped: Templates) -> None:
    """O34."""
    changes = diff_sets(shipped, shipped, new_parameters={"PermissionsBoundary": "team"})
    roles = {path for path, each in resources(changes).items() if each.resource_type == "AWS::IAM::Role"}
    assert roles == set(resources(changes))
    limited = [each for each in changes if isinstance(each, AccessChange)]
    assert len(limited) == len(roles) == 3
    assert all("now limited by the permissions boundary" in each.text and not each.wider for each in limited)


def test_a_number_in_the_definition_is_no_text(after: After) -> None:
    """O29: the definition is compared state by state, and with types, which Step Functions tells apart."""

    def edit(templates: Templates) -> None:
        states = properties(templates, "workflow", "PaymentWorkflow")["Definition"]["States"]
        states["ValidatePayment"]["TimeoutSeconds"] = str(states["ValidatePayment"]["TimeoutSeconds"])

    (found,) = resources(after(edit)).values()
    assert [each.path for each in found.properties] == [
        ("Properties", "Definition", "States", "ValidatePayment", "TimeoutSeconds")
    ]


def test_a_child_that_is_not_at_hand_is_compared_by_its_own_properties() -> None:
    def root(url: str) -> Templates:
        return one_stack(
            C=("AWS::CloudFormation::Stack", {"TemplateURL": url}),
            P=("AWS::SSM::Parameter", {"Type": "String", "Value": {"Fn::GetAtt": ["C", "Outputs.X"]}}),
        )

    found = resources(diff_sets(root("https://x/a.json"), root("https://x/b.json")))
    assert found["C"].properties[0].path == ("Properties", "TemplateURL")
    assert found["P"].properties[0].cause == ("C",)


def test_nothing_before_means_that_everything_is_added(shipped: Templates) -> None:
    changes = diff_sets(EMPTY, shipped)
    assert {each.action for each in changes if isinstance(each, ResourceChange)} == {"add"}
    assert not any(each.endangers_data for each in changes if isinstance(each, ResourceChange))
    assert not any(each.alarming for each in changes if isinstance(each, AccessChange) and "anyone" in each.who)


@pytest.mark.parametrize(
    "files",
    [
        {"root.json": "[]"},
        {"root.json": '{"Resources": []}'},
        {"root.json": '{"Resources": {"A": 1}}'},
        {"root.json": '{"Resources": {"A": {"Properties": []}}}'},
        {"root.json": '{"Resources": {"A": {"Properties": {"A": ' + '{"A":' * 900 + "1" + "}" * 903 + "}"},
        {},
        {"a.json": "{}", "b.json": "{}"},
        {"root.json": one_stack(A=("AWS::CloudFormation::Stack", {"TemplateURL": "./root.json"}))["root.json"]},
    ],
)
def test_what_is_no_set_is_one_clear_error(files: dict[str, Any], shipped: Templates) -> None:
    with pytest.raises(PlanError) as caught:
        diff_sets(shipped, files)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is nested too deeply"),
        ('{"Resources": {"A": {"Type": "AWS::SNS::Topic", "Type": "AWS::SQS::Queue"}}}', "'Type' stands there twice"),
    ],
)
def test_a_text_that_no_parser_or_not_every_parser_reads_alike_is_a_files_error(
    body: str, why: str, shipped: Templates
) -> None:
    with pytest.raises(FilesError, match=why) as caught:
        diff_sets(shipped, {"root.json": body})
    assert "\n" not in str(caught.value)


def test_the_former_name_reads_folders_and_warns(shipped: Templates) -> None:
    with pytest.warns(DeprecationWarning, match="use diff_sets"):
        assert plan(FOLDER, str(FOLDER)) == []
    with pytest.raises(FilesError), pytest.warns(DeprecationWarning, match="use diff_sets"):
        plan("/nowhere", shipped)


def test_every_type_of_the_set_has_a_schema(shipped: Templates) -> None:
    kinds = {each["Type"] for template in shipped.values() for each in template.get("Resources", {}).values()}
    assert [kind for kind in kinds if find_schema(kind) is None] == []


# Templates that mean nothing.
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(["Ref", "Fn::Sub", "Fn::If", "Fn::Join", "a", "Condition"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
DOCUMENTS = some.dictionaries(some.sampled_from(["A", "B"]), JSON, max_size=2)
RESOURCE = some.fixed_dictionaries(
    {"Type": some.sampled_from(["AWS::IAM::Role", "AWS::SNS::TopicPolicy", "AWS::SQS::Queue", "X"])},
    optional={
        "Properties": some.dictionaries(
            some.sampled_from(["PolicyDocument", "Policies", "AssumeRolePolicyDocument", "Topics", "QueueName"]),
            JSON,
            max_size=3,
        ),
        "Condition": JSON,
        "DeletionPolicy": JSON,
    },
)
TEMPLATES = some.fixed_dictionaries(
    {"Resources": some.dictionaries(some.sampled_from(["A", "B"]), RESOURCE, max_size=2)},
    optional={
        "Conditions": DOCUMENTS,
        "Outputs": some.dictionaries(
            some.sampled_from(["A", "B"]), some.fixed_dictionaries({"Value": JSON}), max_size=2
        ),
        "Parameters": some.dictionaries(
            some.sampled_from(["A", "B"]),
            some.fixed_dictionaries({"Type": JSON}, optional={"Default": JSON}),
            max_size=2,
        ),
    },
)


@given(TEMPLATES, TEMPLATES)
@settings(max_examples=2 * settings().max_examples)
@pytest.mark.slow
def test_templates_from_strangers_are_compared_or_refused(one: dict[str, Any], other: dict[str, Any]) -> None:
    try:
        assert text(diff_sets({"root.json": one}, {"root.json": other}))
        assert diff_sets({"root.json": one}, {"root.json": json.loads(json.dumps(one))}) == []
    except PlanError as error:
        assert str(error)


def test_a_condition_that_asks_differently_and_comes_to_the_same_is_no_change() -> None:
    def stack(value: str) -> Templates:
        made = {"A": {"Type": "AWS::SNS::Topic", "Condition": "C"}}
        return {"root.json": {"Conditions": {"C": {"Fn::Equals": [value, value]}}, "Resources": made}}

    assert diff_sets(stack("a"), stack("b")) == []


def test_a_condition_that_nobody_can_decide_is_compared_by_what_it_asks() -> None:
    def stack(region: str) -> Templates:
        here = {"Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, region]}, "Then": {"Fn::Not": [{"Condition": "Here"}]}}
        made = {
            "A": {"Type": "AWS::SNS::Topic", "Condition": "Then"},
            "B": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::If": ["Then", "x", "y"]}}},
        }
        return {"root.json": {"Conditions": here, "Resources": made}}

    assert diff_sets(stack("eu-west-2"), stack("eu-west-2")) == []
    found = resources(diff_sets(stack("eu-west-2"), stack("eu-west-1")))
    assert (found["A"].effect, found["A"].properties[0].path) == (
        Effect.UNKNOWN,
        ("Condition", "Fn::Not"),
    )
    assert found["B"].properties[0].path == ("Properties", "DisplayName")
    known = diff_sets(stack("eu-west-2"), stack("eu-west-1"), pseudo={"AWS::Region": "eu-west-2"})
    assert resources(known)["A"].action == "add"
