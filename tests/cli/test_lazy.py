"""Test the stand-ins for unused modules: code that uses one gets the real module."""

from __future__ import annotations

import subprocess
import sys

import pytest


def ran(code: str) -> str:
    begin = "from payflow_cfn.cli.lazy import lazy_imports\nlazy_imports()\nimport sys\n"
    done = subprocess.run([sys.executable, "-c", begin + code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_troposphere_alone_loads_neither() -> None:
    assert ran("import troposphere\nprint('yaml' in sys.modules, 'troposphere.events' in sys.modules)") == "False False"


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("import troposphere\nprint(troposphere.Template(Description='x').to_yaml())", "Description: x\nResources: {}"),
        (
            "from troposphere.serverless import SimpleTable\nprint(SimpleTable.resource_type)",
            "AWS::Serverless::SimpleTable",
        ),
        ("import troposphere\nt = troposphere.Template()\nt.set_transform('x')\nprint(t.to_dict()['Transform'])", "x"),
    ],
)
def test_what_needs_one_of_them_gets_it(code: str, printed: str) -> None:
    assert ran(code) == printed


def test_a_module_that_is_there_already_stays() -> None:
    begin = "import cfn_flip, sys\n"
    code = f"{begin}from payflow_cfn.cli.lazy import lazy_imports\nlazy_imports()\nprint(sys.modules['cfn_flip'] is cfn_flip)"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
