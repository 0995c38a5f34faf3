"""The commands, one module each with the command's name; a command makes its slow imports when it runs."""

from __future__ import annotations

# In the order of the workflow. payflow_cfn.cli.<command> is the module, <command> the function in it, with _ for -.
COMMANDS = (
    "init",
    "render",
    "lint",
    "audit",
    "bootstrap",
    "package",
    "diff",
    "upgrade-notes",
    "plan",
    "deploy",
    "status",
    "outputs",
    "diagnose",
    "drift",
    "run",
    "payment",
    "payments",
    "forget",
    "restored",
    "recover",
    "destroy",
    "policy",
    "diagram",
    "report",
    "verify",
    "local",
    "schema",
)
