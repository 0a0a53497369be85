"""A machine to break, made once; each test gets a database of its own on it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.faults import machine


@pytest.fixture(scope="module")
def cluster() -> Iterator[machine.Cluster]:
    """A cluster of its own that may be killed."""
    with machine.cluster() as made:
        yield made


@pytest.fixture(scope="module")
def token(cluster: machine.Cluster) -> str:
    """The token of a program that may post to every depot of the cluster's world."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.faults.world"],
        cwd=settings.BASE_DIR,
        env=cluster.environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    return made.stdout.split()[-1]


@pytest.fixture
def environment(cluster: machine.Cluster, token: str) -> dict[str, str]:
    """The environment of a database of the test's own on that cluster: the token's world, nothing posted."""
    return cluster.environment(cluster.copied("kho"))


@pytest.fixture
def web(environment: dict[str, str], tmp_path: Path) -> Iterator[machine.Web]:
    """The site on that database."""
    with machine.served(environment, tmp_path / "gunicorn.log") as made:
        yield made
