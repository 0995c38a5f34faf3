"""`python -m payflow_cfn`, and the command `payflow`."""

from __future__ import annotations

import gc
import sys


def run() -> None:
    """Run the command line and end the process with its status.

    A command is over before cyclic garbage matters: collecting costs a fifth of a render, and the interpreter's last
    collection, which frozen objects are spared, as much again.
    """
    gc.disable()
    try:
        status = _status()
    except KeyboardInterrupt:  # while the commands were still being imported: this module imports nothing of its own
        sys.stderr.write("\nstopped\n")
        status = 1
    gc.freeze()
    sys.exit(status)


def _status() -> int:
    from payflow_cfn.cli.lazy import lazy_imports
    from payflow_cfn.cli.streams import lasting

    sys.stdout, sys.stderr = lasting(sys.stdout), lasting(sys.stderr)

    lazy_imports()
    from payflow_cfn.cli.main import main

    return main()


if __name__ == "__main__":
    run()
