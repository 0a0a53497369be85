"""What ./run says before it sets anything up."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(port: str) -> subprocess.CompletedProcess[str]:
    """Call ./run with a PORT it cannot have."""
    return subprocess.run(
        ["./run"], cwd=ROOT, env=os.environ | {"PORT": port}, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize("port", ["0", "65536", "99999", "abc", "-1", "08000", "8000x", "999999999999999999999"])
def test_a_port_that_is_none_is_told_before_anything_is_set_up(port):
    done = run(port)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"./run failed at: reading PORT ({port})" in done.stderr
    assert "from 1 to 65535" in done.stderr


def test_a_port_somebody_listens_on_is_told_with_another_to_take():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        done = run(str(port))
    assert done.returncode == 1
    assert f"taking port {port}: something listens on it already" in done.stderr
    assert f"PORT={port + 1 if port < 65535 else 8000} ./run" in done.stderr
