"""Each way to charge that benchmarks/rivals.py compares is right without faults, and meets the same payments."""

from __future__ import annotations

import gc
import importlib.util
from collections.abc import Iterator
from typing import Any

import pytest

from benchmark_module import benchmark

HAS_SDK = importlib.util.find_spec("aws_durable_execution_sdk_python_testing") is not None
WAYS = ["described handlers", "Powertools", "Powertools, key to the bank", "payflow_cfn"]
DURABLE = ["durable functions, key to the bank", "durable functions, at most once"]


@pytest.fixture(scope="module")
def rivals() -> Iterator[Any]:
    with benchmark("rivals") as module:
        yield module


def outcomes(rivals: Any, name: str, *, payments: int, bank: str, faults: bool) -> list[tuple[str, str, set[str]]]:
    """Each payment's decision by the bank, its status, and what is wrong with it."""
    way = next(each for each in rivals.ways() if each.name == name)
    worlds = rivals.measured(way, bank, payments=payments, seed=1, faults=faults)
    return [("DECLINED" if each.declines else "COMPLETED", each.status(), rivals.verdict(each)) for each in worlds]


def check_without_faults(rivals: Any, name: str, bank: str) -> None:
    found = outcomes(rivals, name, payments=12, bank=bank, faults=False)
    assert {decided for decided, _, _ in found} == {"COMPLETED", "DECLINED"}
    # The described row says ERROR for a declined payment, and three notices are sent for it.
    described = name == "described handlers"
    names = {"COMPLETED": "COMPLETED", "DECLINED": "FAILED" if described else "DECLINED"}
    assert [status for _, status, _ in found] == [names[decided] for decided, _, _ in found]
    assert set().union(*(wrong for _, _, wrong in found)) == ({"told twice"} if described else set())


@pytest.mark.parametrize("bank", ["keeps keys", "keeps no keys"])
@pytest.mark.parametrize("name", WAYS)
def test_without_faults_each_payment_ends_right(rivals: Any, name: str, bank: str) -> None:
    check_without_faults(rivals, name, bank)


@pytest.mark.skipif(not HAS_SDK, reason="the durable execution SDK is not installed")
@pytest.mark.parametrize("name", DURABLE)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_without_faults_each_payment_ends_right_in_durable_functions(rivals: Any, name: str) -> None:
    check_without_faults(rivals, name, "keeps keys")
    # The SDK's test runner leaves its event loop open; it is collected here, where its warning is ignored.
    gc.collect()


@pytest.mark.parametrize("bank", ["keeps keys", "keeps no keys"])
def test_each_fault_of_the_plan_leaves_our_payments_right(rivals: Any, bank: str) -> None:
    found = outcomes(rivals, "payflow_cfn", payments=44, bank=bank, faults=True)
    assert set().union(*(wrong for _, _, wrong in found)) <= {"told twice"}


@pytest.mark.parametrize(
    ("name", "bank", "wrong"),
    [
        ("described handlers", "keeps keys", {"double charged", "lost", "told wrong"}),
        ("Powertools", "keeps keys", {"double charged"}),
        ("Powertools, key to the bank", "keeps no keys", {"double charged"}),
    ],
)
def test_the_verdict_sees_what_faults_do_to_others(rivals: Any, name: str, bank: str, wrong: set[str]) -> None:
    found = outcomes(rivals, name, payments=44, bank=bank, faults=True)
    assert wrong <= set().union(*(each for _, _, each in found))
