"""Annotations of hook results that did not pass: a message, a remedy and a link each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, text_of
from payflow_cfn.deploy.cloudformation.findings import Cause, Findings
from payflow_cfn.text import one_line

_PASSED = frozenset({"HOOK_COMPLETE_SUCCEEDED", "HOOK_IN_PROGRESS"})


@dataclass(slots=True)
class HookReader:
    """Reads annotations; after a refusal it asks for no more. `problem` is the reason."""

    cloudformation: CloudFormationClient
    problem: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """Why annotations are missing; empty where nothing was refused."""
        return (f"the annotations of hooks could not be read: {self.problem}",) if self.problem else ()

    def guided(self, found: Findings, change_set_id: str) -> Findings:
        """The findings in a change set, those of hooks with their annotations."""
        hooks = [each for each in (*found.failures, *found.warnings) if each.is_of_hook]
        if not hooks:
            return found
        results = self._results(change_set_id)
        failures, warnings = (
            tuple(self.with_guidance(each, _of_hook(results, each)) for each in causes)
            for causes in (found.failures, found.warnings)
        )
        return Findings(failures, warnings, (*found.notes, *self.notes))

    def with_guidance(self, cause: Cause, result_ids: Iterable[str]) -> Cause:
        """The finding with the annotations of these results."""
        if not cause.is_of_hook or cause.guidance:
            return cause
        lines = [line for each in result_ids for line in self._annotations(each)]
        return replace(cause, guidance=tuple(dict.fromkeys(lines)))

    def _results(self, change_set_id: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        token: dict[str, Any] = {}
        while not self.problem:
            try:
                page = self.cloudformation.list_hook_results(TargetType="CHANGE_SET", TargetId=change_set_id, **token)
            except aws_errors() as error:
                self.problem = text_of(error)
                break
            found += page.get("HookResults", [])
            if not page.get("NextToken"):
                break
            token = {"NextToken": page["NextToken"]}
        return [each for each in found if each.get("Status") not in _PASSED]

    def _annotations(self, result_id: str) -> Iterator[str]:
        if self.problem:
            return
        try:
            found = self.cloudformation.get_hook_result(HookResultId=result_id).get("Annotations", [])
        except aws_errors() as error:
            self.problem = text_of(error)
            return
        yield from (_line(each) for each in found if each.get("Status") != "PASSED")


def _of_hook(results: Iterable[Mapping[str, Any]], cause: Cause) -> list[str]:
    """The ids of the hook's results, for the finding's own resource where the results name it."""
    mine = [each for each in results if each.get("TypeName") == cause.check]
    names = {*cause.path[-1:], cause.physical_id} - {""}
    exact = [each for each in mine if each.get("TargetId") in names]
    return [str(each["HookResultId"]) for each in exact or mine]


def _line(annotation: Mapping[str, Any]) -> str:
    """`RULE FAILED (HIGH): what is wrong. What to change, LINK`."""
    severity = annotation.get("SeverityLevel")
    first = f"{annotation.get('AnnotationName', '')} {annotation.get('Status', '')}".strip()
    first += f" ({severity})" if severity else ""
    said = [annotation.get("StatusMessage", ""), annotation.get("RemediationMessage", "")]
    text = ". ".join(each.rstrip(".") for each in said if each)
    return one_line(f"{first}: {', '.join(filter(None, (text, annotation.get('RemediationLink', ''))))}")
