"""The fixtures that pytest loads from the installed package."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.local.emulator.emulator import Emulator
    from payflow_cfn.testing.deployed import Deployed


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that rewrites golden sets."""
    parser.getgroup("payflow").addoption(
        "--payflow-update", action="store_true", help="Write golden sets in place of comparing them."
    )


class Findings(list[Any]):
    """What lint and audit find; a failed comparison prints each in a line, as the commands do."""


def pytest_assertrepr_compare(op: str, left: object) -> list[str] | None:
    """Print every finding, which pytest would cut."""
    if op == "==" and isinstance(left, Findings):
        return [f"{len(left)} finding{'' if len(left) == 1 else 's'}", *map(str, left)]
    return None


@pytest.fixture(scope="session")
def payflow_set() -> TemplateSet:
    """The set of payflow.toml in the working directory, with its extensions; the test fails without that file."""
    from payflow_cfn.config.project import FILE, read_project
    from payflow_cfn.errors import PayflowError
    from payflow_cfn.stacks.render import build_set

    if not os.path.exists(FILE):
        pytest.fail(f"there is no {FILE} in {os.getcwd()}; start pytest in the folder that has it", pytrace=False)
    try:
        return build_set(read_project().settings)
    except PayflowError as error:
        problem = str(error)
    pytest.fail(problem, pytrace=False)


@pytest.fixture(scope="session")
def payflow_findings(payflow_set: TemplateSet) -> Findings:
    """What `payflow lint` and `payflow audit` find in the set; lint keeps its reports in the user's cache folder."""
    from payflow_cfn.audit.permissions.folder import audit_set
    from payflow_cfn.lint import report
    from payflow_cfn.lint.cache import cache_folder

    return Findings([*report(payflow_set, cache=cache_folder(os.environ)).findings, *audit_set(payflow_set)])


@pytest.fixture(scope="session")
def payflow_parameters() -> Mapping[str, str]:
    """Values of root's parameters for `payflow_deployed`; a project overrides this fixture with its own."""
    return {}


@pytest.fixture(scope="session")
def payflow_aws() -> Iterator[Emulator]:
    """An embedded AWS for the run, on loopback; it is stopped and removed at the end."""
    from payflow_cfn.local.emulator.emulator import emulator

    with emulator() as running:
        yield running


@pytest.fixture(scope="session")
def payflow_deployed(
    payflow_aws: Emulator, payflow_set: TemplateSet, payflow_parameters: Mapping[str, str]
) -> Deployed:
    """The set of payflow.toml, packaged and deployed to the embedded AWS as the environment `demo`."""
    from payflow_cfn.local.emulator.clients import local_clients
    from payflow_cfn.testing.deployed import deploy

    return deploy(local_clients(payflow_aws), payflow_set, payflow_parameters)


@pytest.fixture
def payflow_golden(request: pytest.FixtureRequest, payflow_set: TemplateSet) -> Callable[[str], None]:
    """Compare the set with the one in a folder, and fail with a readable difference; --payflow-update writes it."""
    from payflow_cfn.testing.golden import assert_golden

    return lambda folder: assert_golden(payflow_set, folder, update=bool(request.config.getoption("--payflow-update")))
