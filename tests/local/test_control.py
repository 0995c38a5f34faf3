"""A running emulator takes orders."""

from __future__ import annotations

import pytest

from payflow_cfn.errors import LocalError
from payflow_cfn.local.control import set_wait_scale
from payflow_cfn.local.emulator import emulator

pytestmark = pytest.mark.local


def test_waits_can_be_given_back_their_length_while_it_runs() -> None:
    with emulator() as running:
        set_wait_scale(running, 0.5)
        with pytest.raises(LocalError, match="refused the wait scale -1"):
            set_wait_scale(running, -1)
