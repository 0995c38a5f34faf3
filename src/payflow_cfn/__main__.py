"""`python -m payflow_cfn`."""

import gc

gc.disable()  # a command is over before cyclic garbage matters, and collecting costs a fifth of a render

from payflow_cfn.cli import main  # noqa: E402

raise SystemExit(main())
