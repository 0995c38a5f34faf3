"""An `aws` and a `payflow` for shell lines of tests: one process loads the program, and a fork of it runs each command.

Thirty commands in processes of their own take thirty seconds of a processor to import the same modules.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# The CLI's waiters look every 30 seconds; on the embedded AWS all is ready sooner. Its `sqs` ignores the variable with
# the address.
AWS = """
from awscli.clidriver import create_clidriver

sleep = time.sleep
time.sleep = lambda seconds: sleep(min(seconds, 0.1))
driver = create_clidriver()
for service in ("cloudformation", "s3"):
    driver.session.get_service_model(service)

def run(words):
    address = ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"]] if words[0] == "sqs" else []
    return driver.main([*address, *words])
"""
PAYFLOW = """
import importlib
import botocore.session, payflow_cfn.deploy, payflow_cfn.stacks.render
from payflow_cfn.cli import COMMANDS
from payflow_cfn.cli.main import main as run

for each in COMMANDS:
    importlib.import_module("payflow_cfn.cli." + each.replace("-", "_"))
"""
SERVER = """
import json, os, socket, sys, time
{load}
listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind(sys.argv[1])
listener.listen()
print("ready", flush=True)
while True:
    caller = listener.accept()[0]
    if os.fork():
        caller.close()
        while True:  # reap what has ended
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    break
            except ChildProcessError:
                break
        continue
    words, files, _, _ = socket.recv_fds(caller, 100_000, 3)
    for number, file in enumerate(files):
        os.dup2(file, number)
    words, folder, variables = json.loads(words)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    try:
        status = run(words)
    except SystemExit as end:
        status = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    caller.send(bytes([status or 0]))
    os._exit(0)
"""
CLIENT = """#!{python} -IS
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.connect({address!r})
socket.send_fds(server, [json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()], [0, 1, 2])
sys.exit(server.recv(1)[0])
"""


@contextmanager
def forked(program: Path, load: str, environment: Mapping[str, str]) -> Iterator[None]:
    """Write the executable `program`, which runs AWS or PAYFLOW (loaded in this environment) until the block ends."""
    with tempfile.TemporaryDirectory() as folder:  # a socket's path has a hundred characters at most
        address = str(Path(folder, "program"))
        command = [sys.executable, "-c", SERVER.format(load=load), address]
        server = subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout
            assert server.stdout.readline() == "ready\n"
            program.write_text(CLIENT.format(python=sys.executable, address=address))
            program.chmod(0o755)
            yield
        finally:
            server.kill()
            server.communicate()
