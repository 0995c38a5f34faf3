"""The commands, one module a kind; each imports what is slow when it runs."""

from __future__ import annotations

# Name of the command: the module that has it, under the same name (with `_` for `-`).
HOMES = {
    "render": "render",
    "lint": "lint",
    "audit": "audit",
    "bootstrap": "bootstrap",
    "package": "package",
    "diff": "diff",
    "plan": "plan",
    "deploy": "deploy",
    "status": "status",
    "outputs": "outputs",
    "diagnose": "diagnose",
    "drift": "drift",
    "run": "run",
    "payment": "payment",
    "payments": "payments",
    "forget": "forget",
    "restored": "forget",
    "recover": "recover",
    "destroy": "destroy",
    "policy": "policy",
    "diagram": "diagram",
    "local": "local",
    "schema": "schema",
}
