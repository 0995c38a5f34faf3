"""Weakened copies of an extension's policies, and a golden set."""

from __future__ import annotations

from pathlib import Path

import pytest

from payflow_cfn.artifacts.template_set import read_set
from payflow_cfn.audit.permissions.folder import audit_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import ExtensionError, FilesError
from payflow_cfn.extensions import Draft, add_resource, add_stack
from payflow_cfn.stacks.render import build_set
from payflow_cfn.testing import assert_golden, weakened
from team_extension import screening_in, write_screening


def filled(payments: Draft) -> Draft:
    return add_resource(payments, "extra", {"Type": "AWS::SQS::Queue", "Properties": {}}, name="ExtraQueue")


@pytest.mark.slow
def test_audit_notices_every_weakened_policy_of_an_extension(tmp_path: Path) -> None:
    found = build_set(Settings(), [screening_in(write_screening(tmp_path))])
    (applied,) = found.recorded.extensions
    copies = dict(weakened(found, extension=applied.name))
    assert len(copies) >= 8
    assert [what for what, weak in copies.items() if not audit_set(weak)] == []


def test_an_extension_that_the_set_does_not_have_is_an_error() -> None:
    with pytest.raises(ExtensionError, match="no extension team:missing changed the set"):
        next(weakened(build_set(Settings()), extension="team:missing"))


def test_a_golden_set_is_written_on_request_and_compared_then(tmp_path: Path) -> None:
    folder = str(tmp_path / "golden")
    with pytest.raises(FilesError, match="no folder"):
        assert_golden(build_set(Settings()), folder)
    assert_golden(build_set(Settings()), folder, update=True)
    assert read_set(folder) == build_set(Settings())
    assert_golden(build_set(Settings()), folder)
    changed = build_set(Settings(function_memory=512))
    with pytest.raises(AssertionError, match="MemorySize: 256 -> 512") as difference:
        assert_golden(changed, folder)
    assert "~ ProcessingFunction (AWS::Lambda::Function lambda-payment-processing-dev)" in str(difference.value)
    assert_golden(changed, folder, update=True)
    assert read_set(folder) == changed


def test_a_golden_set_with_a_stack_more_is_replaced_by_one_without(tmp_path: Path) -> None:
    folder = str(tmp_path / "golden")
    more = build_set(Settings(), [lambda payments: filled(add_stack(payments, "extra", purpose="extra"))])
    assert_golden(more, folder, update=True)
    with pytest.raises(AssertionError, match="Extra"):
        assert_golden(build_set(Settings()), folder)
    assert_golden(build_set(Settings()), folder, update=True)
    assert_golden(build_set(Settings()), folder)
