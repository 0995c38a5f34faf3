"""Test that templates and zips from the forked process are made from the same sources."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from payflow_cfn.artifacts import folders
from payflow_cfn.artifacts.shipped import shipped_folder
from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy.publish.publish_set import set_ahead
from payflow_cfn.errors import PackageError
from payflow_cfn.stacks.render import build_set


def test_a_source_that_changes_after_the_render_is_noticed_before_its_zip_gets_the_old_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = tmp_path / "lambdas"
    shutil.copytree(shipped_folder("lambdas"), sources, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(folders, "shipped_folder", lambda _: str(sources))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})  # the zips are built when they are asked for
    with set_ahead(lambda: build_set(Settings())) as made:
        _, artifacts = made()
        with (sources / "processing" / "handler.py").open("a") as file:
            file.write("#")
        for each in artifacts:  # neither: a bucket would get half a set
            with pytest.raises(PackageError, match="the sources of processing changed while they were packaged: run"):
                each.build()
