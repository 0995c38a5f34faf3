"""Rules about what the root hands to its children and what they hand back."""

from __future__ import annotations

from collections.abc import Iterator

from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.aws.functions import VARIABLE
from payflow_cfn.aws.parsed_set import ROOT, ParsedSet, reference, walk
from payflow_cfn.aws.state_graph import reachable
from payflow_cfn.lint.findings import Breach, NothingToCheckError, some
from payflow_cfn.lint.ours import says_payflow


def parameters_match(templates: ParsedSet) -> Iterator[Breach]:
    """PF001: the root passes a child each parameter that it needs, and no other.

    Otherwise CloudFormation finds the wrong key only after other stacks were created. Linters follow only local
    paths. In payflow's sets the root passes those with a default, too: the default would replace a setting
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html).
    """
    is_ours = says_payflow(templates)
    for logical, child in some("nested stack", templates.children().items()):
        if child not in templates.templates:
            yield Breach(ROOT, f"Resources/{logical}", f"there is no {templates.file(child)}")
            continue
        passed = set(templates.passed(logical))
        taken = templates.templates[child].get("Parameters", {})
        needed = {key for key, each in taken.items() if is_ours or "Default" not in each}
        path = f"Resources/{logical}/Properties/Parameters"
        for key in sorted(passed - set(taken)):
            yield Breach(ROOT, f"{path}/{key}", f"{templates.file(child)} has no parameter {key}")
        for key in sorted(needed - passed):
            yield Breach(ROOT, path, f"{templates.file(child)} needs the parameter {key}")


def outputs_exist(templates: ParsedSet) -> Iterator[Breach]:
    """PF002: every output that the root reads exists in the child, and has a value.

    Otherwise the deploy fails late, after the child and others were created
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html).
    """
    for path, child, output in some("output of a nested stack", _reads(templates)):
        outputs = templates.templates.get(child, {}).get("Outputs", {})
        if output not in outputs:
            yield Breach(ROOT, path, f"{templates.file(child)} has no output {output}")
        elif "Value" not in outputs[output]:
            yield Breach(ROOT, path, f"the output {output} of {templates.file(child)} has no Value")


def nothing_unused(templates: ParsedSet) -> Iterator[Breach]:
    """PF003: every parameter is used, and in payflow's sets every child's output is read.

    An unused parameter is a setting that changes nothing. An unread output of ours reaches nobody; people and other
    stacks may read those of another set.
    """
    read = {(child, output) for _, child, output in _reads(templates)}
    is_ours = says_payflow(templates)
    if not any(template.get("Parameters") for template in templates.templates.values()):
        raise NothingToCheckError("parameter")
    for stack, template in templates.templates.items():
        used = used_names(template)
        for key in template.get("Parameters", {}):
            if key not in used:
                yield Breach(stack, f"Parameters/{key}", "the parameter is not used")
        for key in template.get("Outputs", {}) if is_ours else ():
            if stack != ROOT and (stack, key) not in read:
                yield Breach(stack, f"Outputs/{key}", "nothing reads the output")


def no_cycle(templates: ParsedSet) -> Iterator[Breach]:
    """PF004: no child needs, directly or not, an output of a child that needs its own.

    CloudFormation refuses such a root as a whole, and does not name the parameter
    (https://aws.amazon.com/blogs/infrastructure-and-automation/handling-circular-dependency-errors-in-aws-cloudformation/).
    """
    found = templates.templates[ROOT]["Resources"]
    edges = {each: used_names(found[each]) & set(found) for each in found if found[each].get("Type") == STACK}
    for each in some("nested stack", edges):
        if each in reachable(edges, each):
            yield Breach(ROOT, f"Resources/{each}", f"{each} needs itself through others")


def _reads(templates: ParsedSet) -> Iterator[tuple[str, str, str]]:
    children = templates.children()
    for path, value in walk(templates.templates[ROOT]):
        logical, _, attribute = reference(value)[1].partition(".Outputs.")
        if attribute and logical in children:
            yield path, children[logical], attribute


def used_names(value: object) -> set[str]:
    """Every name that a Ref, GetAtt, Sub or DependsOn inside this value points at."""
    found: set[str] = set()
    for _, each in walk(value):
        found.add(reference(each)[1].partition(".")[0])
        if isinstance(each, dict):
            depends = each.get("DependsOn", [])
            found.update([depends] if isinstance(depends, str) else [one for one in depends if isinstance(one, str)])
            text = each.get("Fn::Sub")
            text = text[0] if isinstance(text, list) else text
            if isinstance(text, str):
                found.update(one.partition(".")[0] for one in VARIABLE.findall(text))
    return found - {""}
