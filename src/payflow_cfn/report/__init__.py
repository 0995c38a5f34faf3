"""A reviewer's page: one HTML file about a template set, made from the set alone, and its verification."""

from __future__ import annotations

from payflow_cfn.report.page import report_page
from payflow_cfn.report.subject import Request, Subject, subject_of
from payflow_cfn.report.verify import differences, recorded_request

__all__ = ["Request", "Subject", "differences", "recorded_request", "report_page", "subject_of"]
