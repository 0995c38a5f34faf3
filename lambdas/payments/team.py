"""The rules and gateways of a platform team; an extension of the set replaces this module in the artifacts.

RULES are the validation's further rules, as "module:function". GATEWAYS are further records, their `module` set.
"""

from __future__ import annotations

from typing import Any, Final

RULES: Final[tuple[str, ...]] = ()
GATEWAYS: Final[tuple[dict[str, Any], ...]] = ()
