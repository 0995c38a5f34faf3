"""A kit for the tests of a team's own set: fixtures of the pytest plugin, and what a test can assert.

pytest loads the fixtures by itself once payflow_cfn is installed; docs/testing.md shows them.
"""

from payflow_cfn.testing.deployed import Deployed, Paid
from payflow_cfn.testing.gateway_contract import GatewayContract
from payflow_cfn.testing.golden import assert_golden
from payflow_cfn.testing.weakened import weakened

__all__ = ["Deployed", "GatewayContract", "Paid", "assert_golden", "weakened"]
