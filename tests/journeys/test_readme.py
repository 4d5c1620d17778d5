"""The README's shell examples, run as they stand, from a first start to a clean audit of an imported bank."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.timeoverflow_files import sample

ROOT = Path(__file__).parents[2]


def blocks():
    return re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def service(tmp_path):
    """`scripts/serve` as a new user starts it, on a free port, with a data folder of its own."""
    port = free_port()
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CAREHOURS_DATA": str(tmp_path / "data")}
    command = [sys.executable, "-P", "-m", "api.cli", "serve", "--port", str(port)]
    with (tmp_path / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, env=environ | {"PYTHONPATH": str(ROOT)}, cwd=tmp_path, stderr=log)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5)
                break
            except OSError:
                assert process.poll() is None, (tmp_path / "serve.log").read_text()
                time.sleep(0.1)
        yield port, environ
    finally:
        process.terminate()
        assert process.wait(30) == 0
        assert not (tmp_path / "data" / "postgres" / "postmaster.pid").exists(), (
            "the database was left running"
        )


@pytest.mark.timeout(240)  # some forty commands, each a process of its own
def test_the_examples_of_the_readme_work_as_written(service, tmp_path):
    if shutil.which("curl") is None:
        assert not os.environ.get("CAREHOURS_REQUIRE_ALL")
        pytest.skip("curl is not installed: apt-get install curl")
    port, environ = service
    serve, test, *examples = blocks()
    assert (serve, test) == ("scripts/serve\n", "scripts/test\n")
    (tmp_path / "timeoverflow.zip").write_bytes(sample())
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    # The same command line, without setting up the environment this test already runs in.
    carehours = scripts / "carehours"
    carehours.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -P -m api.cli "$@"\n')
    carehours.chmod(0o755)
    script = "set -eu\n" + "\n".join(examples).replace("localhost:8000", f"localhost:{port}")
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    said = ran.stdout + ran.stderr
    assert ran.returncode == 0, said
    assert "The receipt is valid." in said
    # The first leaves say that the community was founded, and that the token was made.
    assert '"leaf_index":2,' in said, said[:3000]
    audit = subprocess.run(
        [str(carehours), "audit"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert audit.returncode == 0, audit.stdout + audit.stderr
    receipt = (tmp_path / "receipt.txt").read_text()
    (tmp_path / "receipt.txt").write_text(receipt.replace("index 2\n", "index 0\n"))
    verify = [str(carehours), "verify", "receipt.txt", "--trust", "trust.json"]
    refused = subprocess.run(
        verify, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert refused.returncode == 1
    assert "NOT valid" in refused.stdout
