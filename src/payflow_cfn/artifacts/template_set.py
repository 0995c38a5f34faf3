"""A template set as one value: its templates, bills of materials and manifest, as built or as read from a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from payflow_cfn.artifacts.digest import Sources
from payflow_cfn.artifacts.folders import write_folder
from payflow_cfn.artifacts.manifest import EMPTY, MANIFEST, Inputs, Manifest, Recorded, parse_manifest, recorded
from payflow_cfn.artifacts.sbom import BILLS, bill_path
from payflow_cfn.artifacts.set_folder import ROOT, find_set, read_texts
from payflow_cfn.aws.data_resources import FUNCTION, STACK
from payflow_cfn.aws.template import is_template, parse_text
from payflow_cfn.disk import LARGEST_TEMPLATE, as_text, read_inside, regular_files
from payflow_cfn.errors import FilesError
from payflow_cfn.jsontext import REPAIR

ARTIFACTS = "artifacts"
_OWN = (ARTIFACTS, BILLS)  # the folders of a set: what else lies in them was added
_NOTHING = Recorded("", 0)  # what no file is


@dataclass(frozen=True)
class TemplateSet:
    """The texts of a set: its templates by file name, each artifact's bill of materials by path, and the manifest.

    Everything else is read from the texts, so a set that was written and read again equals the one that was built.
    `folder` is where it was read from, and where its zips may be. A set from elsewhere may have no manifest. A set that
    was built has the `sources` of its artifacts; one that was read has none.
    """

    templates: Mapping[str, str] = field(repr=False)
    bills: Mapping[str, str] = field(default_factory=dict, repr=False)
    manifest: str = field(default="", repr=False)
    folder: str = field(default="", compare=False)
    sources: Mapping[str, Sources] = field(default_factory=dict, repr=False, compare=False)

    @property
    def files(self) -> dict[str, str]:
        """Every file of the set by its path in the folder, without the zips."""
        return {**self.templates, **self.bills, **({MANIFEST: self.manifest} if self.manifest else {})}

    @cached_property
    def recorded(self) -> Manifest:
        """The parsed manifest; FilesError if it is not valid."""
        return parse_manifest(self.manifest) if self.manifest else EMPTY

    @property
    def version(self) -> str:
        """The version of the set; empty without a manifest."""
        return self.recorded.version

    @property
    def artifacts(self) -> Mapping[str, Inputs]:
        """The contents of each artifact, by name."""
        return self.recorded.artifacts

    @property
    def distributions(self) -> frozenset[str]:
        """The names of the third-party distributions in the artifacts."""
        return frozenset(pin.name for each in self.artifacts.values() for pin in each.pins)

    @cached_property
    def documents(self) -> Mapping[str, Any]:
        """The parsed templates; FilesError where one is neither JSON nor YAML, or not a template."""
        return {name: _template(name, text) for name, text in self.templates.items()}

    @cached_property
    def root(self) -> Mapping[str, Any]:
        """The parsed root template."""
        from payflow_cfn.aws.nesting import root_of  # the templates of a deploy are read without

        found: Mapping[str, Any] = self.documents[root_of(self.documents)]
        return found

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters of the root template by name."""
        found: Mapping[str, Any] = self.root.get("Parameters", {})
        return found

    @property
    def tags(self) -> dict[str, str]:
        """The tags that the root gives to every nested stack, without those that depend on the environment."""
        every = (tag for kind, each in _resources(self.root) if kind == STACK for tag in each.get("Tags", ()))
        return {tag["Key"]: tag["Value"] for tag in every if isinstance(tag["Value"], str)}

    @property
    def runtimes(self) -> list[str]:
        """The Lambda runtimes of the functions, sorted."""
        return sorted({str(each["Runtime"]) for _, each in self._functions() if "Runtime" in each})

    def platform_of(self, artifact: str) -> tuple[str, str]:
        """Runtime and architecture of the function whose code is this artifact."""
        for _, each in self._functions():
            if each.get("Code") == f"./{ARTIFACTS}/{artifact}.zip":
                return each["Runtime"], each.get("Architectures", ["x86_64"])[0]
        raise FilesError(f"no function of the set has the code of {artifact}", remedy="render the set again")

    def _functions(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for each in self.documents.values():
            yield from ((kind, found) for kind, found in _resources(each) if kind == FUNCTION)


def _template(name: str, text: str) -> Any:
    """The parsed template, as far as it is read here: parameters, and resources with properties."""
    found = parse_text(text, where=name)
    if not is_template(found):
        raise FilesError(f"{name} is not a template", remedy=REPAIR, path=name)
    return found


def _resources(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for each in document.get("Resources", {}).values():
        if isinstance(each, dict):  # a loop is a list
            yield each.get("Type", ""), each.get("Properties", {})


def read_set(folder: str | os.PathLike[str], *, verify: bool = True) -> TemplateSet:
    """The set in a folder (see `find_set`); FilesError names what is not as its manifest says: changed, missing, added.

    Without `verify` an edited set, or one that was made elsewhere, is read as it is (`read_texts`), without bills of
    materials.
    """
    if verify:
        return _verified(find_set(folder))
    top, templates = read_texts(folder)
    manifest = templates.pop(MANIFEST, "")
    return TemplateSet(templates, {}, manifest, top)


def _verified(top: str) -> TemplateSet:
    present = {path for path, _ in regular_files(top)}
    manifest = as_text(MANIFEST, read_inside(top, MANIFEST, limit=LARGEST_TEMPLATE)) if MANIFEST in present else ""
    if not manifest:
        raise FilesError(f"{top} has no {MANIFEST}", remedy="name a folder that render wrote", path=top)
    listed = parse_manifest(manifest)
    # The bytes, since a text is read without its byte order mark.
    bodies = {
        name: read_inside(top, name, limit=LARGEST_TEMPLATE)
        for name in sorted(present.intersection((*listed.templates, *listed.bills)))
    }
    found = {name: recorded(body) for name, body in bodies.items()}
    odd = sorted(_odd({ROOT: _NOTHING, **listed.templates, **listed.bills}, listed, found, present))
    if odd:
        raise FilesError(
            f"{top} is not what its {MANIFEST} says: {', '.join(odd)}",
            remedy="render the set again, or take the folder that was reviewed",
            path=top,
        )
    texts = {name: as_text(name, body) for name, body in bodies.items()}
    bills = {name: texts.pop(name) for name in listed.bills}
    return TemplateSet(texts, bills, manifest, top)


def _odd(
    wanted: Mapping[str, Recorded], listed: Manifest, found: Mapping[str, Recorded], present: set[str]
) -> Iterator[str]:
    """Each file that differs from the manifest; other folders than a set's own may hold anything."""
    known = {MANIFEST, *wanted, *zip_paths(dict.fromkeys(listed.artifacts, b""))}
    added = (path for path in present - known if "/" not in path or path.partition("/")[0] in _OWN)
    bills = (path for path in map(bill_path, listed.artifacts) if path not in wanted)
    yield from (f"{path} is not in it" for path in {*added, *bills})
    for path, each in wanted.items():
        if path not in found:
            yield f"{path} is missing"
        elif found[path] != each:
            yield f"{path} was changed"


def write_set(templates: TemplateSet, folder: str, *, zips: Mapping[str, bytes] | None = None) -> tuple[str, ...]:
    """Write the set, and these zips by artifact, into a folder; the paths that changed (see `write_folder`)."""
    return write_folder(folder, {**templates.files, **zip_paths(zips or {})})


def zip_paths(zips: Mapping[str, bytes]) -> dict[str, bytes]:
    """Where the zips of these artifacts lie in the folder of a set."""
    return {f"{ARTIFACTS}/{name}.zip": body for name, body in zips.items()}


def artifact_name(code: Any) -> str:
    """The artifact that a function's Code names; empty for other code."""
    start, end = f"./{ARTIFACTS}/", ".zip"
    is_ours = isinstance(code, str) and code.startswith(start) and code.endswith(end)
    return code[len(start) : -len(end)] if is_ours else ""
