"""`python -m payflow_cfn`."""

from payflow_cfn.cli import main

raise SystemExit(main())
