"""The files of a new project, as `payflow init` writes them."""

from __future__ import annotations

from importlib import resources

# {path in the project: path here}; a name that tools would read here is another one.
_FILES = {
    "payflow.toml": "payflow.toml",
    "team_payments.py": "team_payments.py",
    "screening/handler.py": "screening/handler.py",
    "tests/test_payments.py": "tests/test_payments.py",
    "requirements.txt": "requirements.txt",
    ".gitignore": "gitignore",
    "aws/README.md": "aws/README.md",
    "aws/pipeline-role.json": "aws/pipeline-role.json",
}
_PIPELINES = {
    "github": {".github/workflows/payflow.yml": "github/payflow.yml"},
    "gitlab": {".gitlab-ci.yml": "gitlab-ci.yml"},
}


def starter_files(pipeline: str, *, version: str) -> dict[str, bytes]:
    """The files by path; `pipeline` is github, gitlab or none, `version` the release that the project requires."""
    top = resources.files(__name__)
    chosen = {**_FILES, **_PIPELINES.get(pipeline, {})}
    return {
        path: top.joinpath(source).read_bytes().replace(b"==VERSION", f"=={version}".encode())
        for path, source in chosen.items()
    }
