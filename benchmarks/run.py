"""Every budget beside its yardstick, in one run: `python benchmarks/run.py [NAME ...] [--peers DIR] [-n 7] [--json]`.

Names: help, render, diff, audit, package, deploy, first-payment (all by default). The yardsticks are the AWS CLI of
this environment, one cfn-lint process for `audit` and the first payment, and for `render` a bare troposphere program
that `--peers` has; without it `render` is timed alone.
`benchmarks/lint.py` and `benchmarks/functions.py` are the others. Install the package itself (not with -e), compiled.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from harness import OURS, Cost, Row, cfn_lint, compare, cost
from slow_s3 import slow_s3

from payflow_cfn.version import TEMPLATE_VERSION

AWS = (sys.executable, "-m", "awscli", "cloudformation")
KEYS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_PAGER": "",
}


def bench_help(folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    """`--help` and `--version` beside a bare interpreter."""
    for flag in ("--help", "--version"):
        yield compare(
            flag,
            lambda flag=flag: cost([*OURS, flag], cwd=folder),
            lambda: cost([sys.executable, "-c", "pass"]),
            rounds=options.n,
            note="CPU at most 4.2 times the interpreter's: 0.050 s beside 0.012 s",
        )


def bench_render(folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    """A cold render, with the zips or without, and 50 environments: ours are one set, they are a parameter of it.

    The yardstick always writes its two zips.
    """
    program = options.peers / "troposphere_app.py" if options.peers else None
    for name, count, flags, note in (
        ("render", 1, [], "at most 0.80"),
        ("render --artifacts", 1, ["--artifacts"], "at most 1.20"),
        ("50 environments", 50, [], "at most 0.50"),
    ):
        yardstick = [sys.executable, str(program), str(count), str(folder / "bare")]
        yield compare(
            name,
            lambda flags=flags: cost([*OURS, "render", *flags, "--out", str(folder / "new")], cwd=folder),
            (lambda yardstick=yardstick: cost(yardstick)) if program else None,
            rounds=options.n,
            note=note,
        )


def bench_diff(folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Two sets compared, beside what importing cfn-lint for its schemas would cost before the first comparison."""
    cost([*OURS, "render"], cwd=folder)
    shutil.copytree(folder / "templates" / TEMPLATE_VERSION, folder / "new")
    storage = folder / "new" / "storage.json"
    storage.write_text(storage.read_text().replace('"AttributeType": "S"', '"AttributeType": "N"'))
    schemas = [sys.executable, "-c", "from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER"]
    for name, new, status in (("diff, equal", TEMPLATE_VERSION, 0), ("diff, a table refused", "new", 3)):
        yield compare(
            name,
            lambda new=new, status=status: cost([*OURS, "diff", TEMPLATE_VERSION, new], cwd=folder, expect=status),
            lambda: cost(schemas),
            rounds=options.n,
            note="yardstick: the import of cfn-lint's schemas",
        )


def bench_audit(folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    """The audit of the set that the settings render."""
    yardstick = cfn_lint(folder)
    yield compare(
        "audit",
        lambda: cost([*OURS, "audit"], cwd=folder),
        lambda: cost(yardstick, cwd=folder),
        rounds=options.n,
        note="at most 3 s",
    )


def bench_package(folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    """Package and upload at 30 ms a request: all new, with the CLI's zips built before or by itself; nothing new."""
    cost([*OURS, "render", "--artifacts"], cwd=folder)
    unzipped(folder / "templates" / TEMPLATE_VERSION)
    with slow_s3(delay=0.030) as s3:
        environment = {**KEYS, "AWS_ENDPOINT_URL_S3": s3.url, "PATH": "/usr/bin:/bin", "HOME": str(folder)}

        def ours() -> Cost:
            return cost([*OURS, "package", "--bucket", "ours", "--region", "eu-west-1"], env=environment, cwd=folder)

        def theirs(root: str = f"templates/{TEMPLATE_VERSION}/root.json") -> Cost:
            command = [*AWS, "package", "--template-file", root, "--s3-bucket", "theirs"]
            return cost([*command, "--output-template-file", "packaged.yaml"], env=environment, cwd=folder)

        def anew(run: Callable[[], Cost]) -> Callable[[], Cost]:
            def emptied() -> Cost:
                s3.keys.clear()
                return run()

            return emptied

        yield compare("package, all new", anew(ours), anew(theirs), rounds=options.n, note="at most 0.40")
        building = anew(lambda: theirs(f"templates/{TEMPLATE_VERSION}/unzipped/root.json"))
        yield compare("package, all new, both zip", anew(ours), building, rounds=options.n)
        ours()
        theirs()
        s3.requests.clear()
        ours()
        asked = s3.requests.total()
        yield compare("package, unchanged", ours, theirs, rounds=options.n, note=f"at most 0.45; {asked} request(s)")


def unzipped(folder: Path) -> None:
    """The set once more in `folder`/unzipped, each artifact as a folder: the CLI then zips the same files as we do."""
    for path in folder.glob("*.json"):
        text = path.read_text()
        for artifact in sorted((folder / "artifacts").glob("*.zip")):
            text = text.replace(f"./artifacts/{artifact.name}", f"./artifacts/{artifact.stem}")
            shutil.unpack_archive(artifact, folder / "unzipped" / "artifacts" / artifact.stem)
        (folder / "unzipped" / path.name).write_text(text)


def bench_deploy(folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    """A first deploy to the emulator, each to an environment of its own; packaging is inside ours, before the other."""
    from payflow_cfn.local.emulator.clients import child_environment, local_clients
    from payflow_cfn.local.emulator.emulator import emulator

    with emulator() as cloud:
        environment = child_environment(cloud)
        local_clients(cloud)("s3").create_bucket(Bucket="bench")
        numbers = iter(range(1000))
        cost([*OURS, "render", "--artifacts"], cwd=folder)
        packaged = [
            "--template-file",
            f"templates/{TEMPLATE_VERSION}/root.json",
            "--output-template-file",
            "packaged.yaml",
        ]
        cost([*AWS, "package", *packaged, "--s3-bucket", "bench"], env=environment, cwd=folder)

        def ours() -> Cost:
            command = [*OURS, "deploy", "--env", f"ours{next(numbers)}", "--bucket", "bench", "--yes"]
            return cost([*command, "--parameter", "ResourceCoverage=core"], env=environment, cwd=folder)

        def theirs() -> Cost:
            name = f"cli{next(numbers)}"
            command = [*AWS, "deploy", "--template-file", "packaged.yaml", "--stack-name", f"payflow-{name}"]
            values = ["--parameter-overrides", f"Environment={name}", "ResourceCoverage=core"]
            return cost([*command, "--capabilities", "CAPABILITY_NAMED_IAM", *values], env=environment, cwd=folder)

        yield compare("deploy", ours, theirs, rounds=min(options.n, 2), note="at most 0.05")


def bench_first_payment(folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    """From nothing to one completed payment; most of it is lint, so the yardstick says how fast the machine is."""
    script = str(Path(__file__).with_name("first_payment.py"))
    yardstick = cfn_lint(folder)
    yield compare(
        "first payment",
        lambda: cost([sys.executable, script], cwd=folder),
        lambda: cost(yardstick, cwd=folder),
        rounds=options.n,
        note="at most 2.0 s",
    )


BENCHES: dict[str, Callable[[Path, argparse.Namespace], Iterator[Row]]] = {
    "help": bench_help,
    "render": bench_render,
    "diff": bench_diff,
    "audit": bench_audit,
    "package": bench_package,
    "deploy": bench_deploy,
    "first-payment": bench_first_payment,
}


def main() -> None:
    """Print one row a comparison."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--peers", type=Path, help="folder with troposphere_app.py")
    parser.add_argument("-n", type=int, default=7, help="rounds")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args()
    if options.peers:
        options.peers = options.peers.resolve()
    for name in options.names or BENCHES:
        if name not in BENCHES:
            parser.error(f"there is no benchmark {name}; known are {', '.join(BENCHES)}")
        with tempfile.TemporaryDirectory() as folder:
            for row in BENCHES[name](Path(folder), options):
                print(json.dumps(row.as_json()) if options.json else row.as_text(), flush=True)


if __name__ == "__main__":
    main()
