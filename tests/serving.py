"""The site in a process of its own, as deployed but for its proxy: what tests with a real browser talk to."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import pytest

from logistics import scratch

ROOT: Final = Path(__file__).resolve().parents[1]
PATIENCE_S: Final = 180  # machines that run tests are busy; only a server that hangs takes so long

Serve = Callable[[str], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """A function: `with serve(database) as address:` is the site over a database, as long as the block.

    One gunicorn with one worker and the settings of a deployment (no DEBUG, http), asked for nothing before it answers.
    The address is of this machine alone, on a port that is taken before the server starts, so that nobody else gets it
    in between. Whatever the site writes stays in the database. A site that ends or does not answer fails the test with
    the end of its log. Start browsers after it: their event loop meets no fixture of the database then.
    """

    @contextmanager
    def served(database: str) -> Iterator[str]:
        environment = scratch.environment(database) | {
            "WEB_WORKERS": "1", "DEBUG": "0", "HTTPS": "0", "LOG_LEVEL": "WARNING", "ALLOWED_HOSTS": "127.0.0.1",
        }  # fmt: skip
        log = tmp_path_factory.mktemp("web") / "web.log"
        with socket.create_server(("127.0.0.1", 0)) as door, log.open("w") as written:
            port = door.getsockname()[1]
            web = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", f"fd://{door.fileno()}"],
                cwd=ROOT, env=environment | {"PORT": str(port)}, stdout=written, stderr=written,
                pass_fds=[door.fileno()],
            )  # fmt: skip
            door.close()  # the server's alone: browsers are refused, not kept waiting, once it has gone
            try:
                _wait_for(f"http://127.0.0.1:{port}/healthz/live", web, log)
                yield f"http://127.0.0.1:{port}"
            finally:
                web.terminate()
                try:
                    web.wait(PATIENCE_S)
                except subprocess.TimeoutExpired:
                    web.kill()
                    web.wait()

    return served


def _wait_for(address: str, web: subprocess.Popen[bytes], log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            opener.open(address, timeout=PATIENCE_S).close()
            return
        except (urllib.error.URLError, OSError) as refused:
            has_ended = web.poll() is not None
            if has_ended or time.monotonic() > deadline:
                what = "ended" if has_ended else f"did not answer: {refused}"
                pytest.fail(f"The server {what}. Its log:\n{log.read_text(encoding='utf-8', errors='replace')[-3000:]}")
            time.sleep(0.1)
