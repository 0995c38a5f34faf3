"""Tests for payments.execution: the ARN must be there, a strange start time does no harm."""

from __future__ import annotations

import pytest

from payments.errors import ConfigurationError
from payments.execution import read_execution, time_text


def test_an_execution_is_read_with_its_start_in_seconds() -> None:
    execution = read_execution({"execution": {"arn": "arn", "started_at": "1970-01-01T00:01:40.500Z"}})
    assert (execution.arn, execution.started_at) == ("arn", 100.5)
    assert time_text(100.5) == "1970-01-01T00:01:40.500Z"


@pytest.mark.parametrize("started", [None, "", "yesterday", 5, "9999-99-99T00:00:00Z", []])
def test_a_start_that_is_no_time_is_unknown(started: object) -> None:
    assert read_execution({"execution": {"arn": "arn", "started_at": started}}).started_at is None


@pytest.mark.parametrize("value", [None, {}, {"arn": ""}, {"arn": 1}, {"arn": "x" * 513}, "arn", []])
def test_an_execution_without_an_arn_is_refused(value: object) -> None:
    with pytest.raises(ConfigurationError, match=r"execution\.arn"):
        read_execution({"execution": value})
