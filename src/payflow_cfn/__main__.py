"""`python -m payflow_cfn`, and the command `payflow`."""

from __future__ import annotations

import gc
import sys

from payflow_cfn.lazy import lazy_imports


def run() -> None:
    """Run the command line and end the process with its status.

    A command is over before cyclic garbage matters: collecting costs a fifth of a render, and the interpreter's last
    collection, which frozen objects are spared, as much again.
    """
    gc.disable()
    lazy_imports()
    from payflow_cfn.cli import main

    status = main()
    gc.freeze()
    sys.exit(status)


if __name__ == "__main__":
    run()
