"""Our own rules by id, and what each is for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from payflow_cfn.aws.loops import not_looked_into
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.errors import PlanError
from payflow_cfn.lint import (
    access,
    alarm_math,
    alarms,
    attribute_types,
    choices,
    claims,
    counters,
    dashboards,
    defaults,
    empty_values,
    endings,
    event_patterns,
    expressions,
    filter_policies,
    function_steps,
    functions,
    integrations,
    limits,
    log_filters,
    machine,
    measures,
    message_attributes,
    metrics,
    nested,
    nested_parameters,
    order,
    parameter_rules,
    partitions,
    placeholders,
    promises,
    publishers,
    resilience,
    results,
    row_attributes,
    same_calls,
    schedules,
    secret_keys,
    state_fields,
    store,
    task_errors,
    task_permissions,
    telling,
    trust,
    variables,
    versions,
    wildcards,
    wires,
)
from payflow_cfn.lint.findings import Breach, Explanation, Finding, NothingToCheckError
from payflow_cfn.lint.ours import OURS_ALONE, says_payflow
from payflow_cfn.lint.regional_rules import features_exist

# The page that a rule comes from.
_SOURCE = re.compile(r"https://[^\s)]+")
Rule = Callable[[ParsedSet], Iterator[Breach]]
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "PF001": nested.parameters_match,
        "PF002": nested.outputs_exist,
        "PF003": nested.nothing_unused,
        "PF004": nested.no_cycle,
        "PF005": nested_parameters.values_agree,
        "PF006": wires.parameters_get_their_outputs,
        "PF007": wires.names_are_kept,
        "PF010": machine.targets_exist,
        "PF011": machine.states_reachable,
        "PF012": machine.paths_end,
        "PF013": machine.catch_all_last,
        "PF014": machine.tasks_time_out,
        "PF015": machine.large_data_caught,
        "PF016": machine.no_substitutions,
        "PF017": resilience.tasks_repeat,
        "PF018": resilience.failures_are_caught,
        "PF019": resilience.workflow_ends_in_time,
        "PF020": access.alarms_reach_topics,
        "PF021": access.logs_key_is_exact,
        "PF022": wildcards.wildcards_are_known,
        "PF023": access.undeliverable_notices_are_kept,
        "PF024": trust.roles_name_their_source,
        "PF025": trust.plain_transport_denied,
        "PF026": trust.keys_admit_services,
        "PF027": trust.lockout_check_kept,
        "PF028": trust.data_is_encrypted,
        "PF029": task_permissions.steps_are_allowed,
        "PF030": metrics.metrics_exist,
        "PF031": metrics.vended_prefix,
        "PF032": metrics.class_fits,
        "PF033": telling.alarms_tell,
        "PF034": variables.variables_are_assigned,
        "PF035": expressions.expressions_parse,
        "PF036": expressions.expressions_read_what_is_there,
        "PF037": integrations.tasks_call_what_exists,
        "PF038": state_fields.fields_agree,
        "PF039": results.read_fields_exist,
        "PF040": limits.within_limits,
        "PF041": limits.names_fit,
        "PF042": limits.tagged,
        "PF043": partitions.no_partition,
        "PF044": limits.root_goes_inline,
        "PF045": alarms.dimensions_name_resources,
        "PF046": alarms.alarms_can_ring,
        "PF047": log_filters.filters_read_what_is_written,
        "PF050": order.roles_first,
        "PF051": functions.versions_are_of_one_function,
        "PF052": functions.handlers_exist,
        "PF053": functions.variables_are_read,
        "PF054": functions.functions_may_work,
        "PF055": functions.references_follow_names,
        "PF056": functions.functions_have_time,
        "PF070": store.data_is_kept,
        "PF071": store.tables_can_be_restored,
        "PF072": store.tables_refuse_deletion,
        "PF073": store.keys_of_tables_are_written,
        "PF074": store.keys_are_usable,
        "PF075": store.executions_are_recorded,
        "PF076": store.execution_data_stays_out_of_logs,
        "PF077": publishers.strangers_are_limited,
        "PF078": store.queues_lose_nothing,
        "PF079": publishers.roles_may_use_keys,
        "PF080": versions.versions_follow_functions,
        "PF081": measures.alarms_measure_what_counts,
        "PF082": measures.alarms_are_what_they_are_called,
        "PF083": placeholders.placeholders_agree,
        "PF084": task_errors.errors_can_be_raised,
        "PF085": filter_policies.filters_let_something_through,
        "PF086": empty_values.empty_values_are_not_used,
        "PF087": parameter_rules.rules_refuse_something,
        "PF088": log_filters.levels_show_what_is_counted,
        "PF089": schedules.lists_are_read_to_their_end,
        "PF090": counters.counters_decide,
        "PF091": function_steps.steps_are_asked_for,
        "PF092": function_steps.outcomes_are_routed,
        "PF093": claims.claims_last,
        "PF094": row_attributes.attributes_are_written,
        "PF095": promises.notices_name_no_customer,
        "PF096": filter_policies.filters_let_alarms_through,
        "PF097": promises.alarms_watch_their_metric,
        "PF098": promises.production_moves_money,
        "PF099": promises.told_payments_are_not_open,
        "PF100": dashboards.dashboards_show_data,
        "PF101": alarm_math.sums_have_no_gaps,
        "PF102": alarm_math.single_events_ring,
        "PF103": alarm_math.alarms_agree,
        "PF104": same_calls.calls_agree,
        "PF105": choices.choices_can_be_taken,
        "PF106": message_attributes.attributes_fit_their_types,
        "PF107": endings.charges_are_asked_about,
        "PF108": endings.failures_are_told,
        "PF109": event_patterns.rules_match_events,
        "PF110": access.rules_reach_their_queues,
        "PF111": attribute_types.index_keys_are_written,
        "PF112": attribute_types.attributes_are_read_by_type,
        "PF113": defaults.defaults_are_complete,
        "PF114": secret_keys.secrets_have_their_keys,
        "PF115": promises.tables_take_each_payment,
    }
)


def apply_rules(templates: ParsedSet, ids: Iterable[str] = RULES) -> list[Finding]:
    """What our own rules (or these of them) find, in the order of the ids.

    Nothing in a template with parts that only CloudFormation sees: what a rule misses there may be in such a part.
    """
    found = [finding for each in ids for finding in _apply(each, templates)]
    unread = {stack for stack, template in templates.templates.items() if not_looked_into(template)}
    return [replace(each, file=templates.file(each.file)) for each in found if each.file not in unread]


def _apply(key: str, templates: ParsedSet) -> list[Finding]:
    if key in OURS_ALONE and not says_payflow(templates):
        return []
    try:
        return [breach.by(key) for breach in RULES[key](templates) if not _is_accepted(templates, key, breach)]
    except NothingToCheckError as stopped:
        # Another set may do without what ours always has.
        told = f"no {stopped} in the set, so this rule checked nothing"
        return [Breach("root", "", told).by(key)] if says_payflow(templates) else []
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError, PlanError) as stopped:
        # A stranger's set may hold anything; what a rule cannot read it has not checked, and that is a finding.
        return [Breach("root", "", f"cannot be checked here: {type(stopped).__name__}: {stopped}").by(key)]


def _is_accepted(templates: ParsedSet, key: str, breach: Breach) -> bool:
    """Whether the resource's Metadata gives a reason for this finding: `{"payflow": {"accept": {rule: reason}}}`."""
    section, _, rest = breach.path.partition("/")
    if section != "Resources":
        return False
    found = templates.templates.get(breach.stack, {}).get(section, {})
    for step in (rest.partition("/")[0], "Metadata", "payflow", "accept", key):
        found = found.get(step, {}) if isinstance(found, dict) else {}
    return isinstance(found, str) and bool(found.strip())


def explanations() -> dict[str, Explanation]:
    """What each of our rules demands and why, by id; empty texts where Python drops docstrings (-OO)."""
    found = {**RULES, "PF060": features_exist}
    return {key: _explained(key, found[key].__doc__ or "") for key in sorted(found)}


def _explained(key: str, text: str) -> Explanation:
    paragraphs = [" ".join(each.split()) for each in text.removeprefix(f"{key}: ").split("\n\n")]
    paragraphs[0] = paragraphs[0][:1].upper() + paragraphs[0][1:]
    source = _SOURCE.search(text)
    return Explanation(paragraphs[0], " ".join(paragraphs), source[0] if source else "")
