"""Fixtures that several folders of tests share: one emulator for the whole run, emptied before each use."""

from __future__ import annotations

import functools
import gc
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from botocore.loaders import JSONFileLoader
from hypothesis import HealthCheck, settings

from payflow_cfn.local.emulator.admin import reset
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import Emulator, emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

# Seconds are measured in benchmarks/, not in tests: a busy machine must not turn one red.
UNTIMED: Any = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
for name, examples in {"quick": 20, "suite": 40, "whole": 100}.items():
    settings.register_profile(name, max_examples=examples, **UNTIMED)


def pytest_configure(config: pytest.Config) -> None:
    """Try few examples of properties in a run without the slow tests, all in a run of the properties (tox -e whole)."""
    chosen = config.option.markexpr
    settings.load_profile("quick" if "not slow" in chosen else "whole" if "hypothesis" in chosen else "suite")


gc.disable()


def pytest_collection_finish() -> None:
    """What is loaded now lives to the end of the run: the garbage collector need not look at it again and again."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out exhaustive lists unless `-m` names them, and order the files.

    The slow files come first, before them those on the emulator: then all processes have something to do until the end.
    """
    if "whole" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("whole")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: [item.get_closest_marker(each) is None for each in ("local", "slow")])


@pytest.fixture(scope="session")
def shared_emulator() -> Iterator[Emulator]:
    """The run's one emulator, as the test before left it; use `cloud` unless the test only reads."""
    with emulator() as running:
        yield running


@pytest.fixture
def cloud(shared_emulator: Emulator) -> Emulator:
    """An empty emulator (IAM enforced, TLS, waits skipped)."""
    reset(shared_emulator)
    return shared_emulator


@pytest.fixture
def clients(cloud: Emulator) -> LocalClients:
    """Clients of the empty emulator: `clients("s3")`."""
    return local_clients(cloud)


@pytest.fixture(autouse=True, scope="session")
def _a_day_on_which_no_runtime_ends() -> Iterator[None]:
    """What a command says is the same on every day that the tests run."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("payflow_cfn.cli.shared.today", lambda: date(2026, 1, 1))
        yield


@pytest.fixture(autouse=True, scope="session")
def _service_models_are_read_once() -> Iterator[None]:
    """Each botocore session reads the models of its services; all of the tests' sessions share them."""
    read = functools.cache(JSONFileLoader().load_file)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(JSONFileLoader, "load_file", lambda _, path: read(path))
        yield
