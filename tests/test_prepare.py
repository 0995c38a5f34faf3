"""Before a first deploy exactly the names are looked up that the set would create with its values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from payflow_cfn import prepare
from payflow_cfn.deploy import Preflight
from payflow_cfn.deploy.template import parse_root
from payflow_cfn.errors import SettingsError
from payflow_cfn.names import ALL_NAMES, Name
from payflow_cfn.options import Options
from payflow_cfn.render import build_set
from payflow_cfn.settings import Settings


def looked_up(monkeypatch: pytest.MonkeyPatch, settings: Settings, values: Mapping[str, str]) -> set[str]:
    """The keys of the names that are looked up."""
    seen: dict[str, Name] = {}

    def look(*_: Any, names: dict[str, Name], **__: Any) -> Preflight:
        seen.update(names)
        return Preflight((), ())

    monkeypatch.setattr(prepare, "find_collisions", look)
    templates = build_set(settings)
    made = prepare.Prepared("payflow-dev", templates, parse_root(templates.templates[prepare.ROOT_FILE]), values)
    prepare.preflight(lambda service: service, "dev", made, lambda event: None)()
    return set(seen)


def test_what_the_set_would_not_create_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    every = looked_up(monkeypatch, Settings(), {"GatewayAdapter": "http"})
    assert set(ALL_NAMES) - every == {"ROOT_STACK"}
    given = looked_up(monkeypatch, Settings(existing_keys=("sns",)), {"GatewayAdapter": "http"})
    assert every - given == {"SNS_ALIAS"}


@pytest.mark.parametrize(
    ("values", "secret"),
    [
        ({}, False),
        ({"GatewayAdapter": "simulated"}, False),
        ({"GatewayAdapter": "http"}, True),
        ({"GatewayAdapter": "stripe"}, True),
    ],
)
def test_the_gateways_secret_is_looked_up_where_a_gateway_needs_it(
    values: dict[str, str], secret: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ("GATEWAY_SECRET" in looked_up(monkeypatch, Settings(), values)) is secret


class Silent:
    """A client that is not to be asked anything but where it is."""

    class meta:  # noqa: N801 - botocore's name
        region_name = "eu-west-2"


@pytest.mark.parametrize(
    "tags",
    [
        {"Owner": "A, B"},
        {"aws:x": "1"},
        {"environment": "x"},
        {"team": "differs from that of the templates in case"},
        {f"t{number}": "" for number in range(46)},
    ],
    ids=lambda tags: next(iter(tags)),
)
def test_a_tag_of_the_stack_that_a_service_refuses_stops_before_anything_is_asked_or_sent(tags: dict[str, str]) -> None:
    templates, wanted = build_set(Settings(tags={"Team": "payments"})), Options()
    assert prepare.prepare(Silent(), templates, {"Environment": "dev"}, wanted, tags={"Cost": "ä"}).values
    with pytest.raises(SettingsError, match="tag"):
        prepare.prepare(Silent(), templates, {"Environment": "dev"}, wanted, tags=tags)
