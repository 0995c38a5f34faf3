"""The commands, one module a kind; each imports what is slow when it runs."""

from __future__ import annotations

# Name of the command: the module that has it, under the same name (with `_` for `-`).
HOMES = {
    "render": "sets",
    "lint": "checks",
    "audit": "audits",
    "bootstrap": "buckets",
    "package": "packages",
    "diff": "compare",
    "plan": "compare",
    "deploy": "deploys",
    "status": "looks",
    "outputs": "looks",
    "diagnose": "looks",
    "drift": "looks",
    "run": "payments",
    "payment": "one_payment",
    "payments": "listing",
    "forget": "books",
    "restored": "books",
    "recover": "recovers",
    "destroy": "recovers",
    "policy": "access",
    "diagram": "pictures",
    "local": "local",
    "schema": "schemas",
}
