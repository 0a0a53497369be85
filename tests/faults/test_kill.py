"""kill -9 of the database and of the web workers while eight programs post: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence

import psycopg
from django.conf import settings

from tests.faults.clients import PATIENCE, Sent, posting, send
from tests.faults.machine import Cluster, Web
from tests.longer import LONG_ONLY

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def assert_everything_acknowledged_is_there_once(environment: dict[str, str], log: Sequence[Sent]) -> None:
    """Compare what the programs were told with what the database holds, and have the ledger prove itself."""
    assert {sent.status for sent in log} <= {200, 201}, [sent for sent in log if sent.status not in {200, 201}][:3]
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        stored = connection.execute(
            """
            SELECT depot.code, movement.key, movement.position, encode(movement.hash, 'hex'), count(line.line_no)
            FROM ledger_movement AS movement
            JOIN depots_depot AS depot ON depot.id = movement.depot_id
            LEFT JOIN ledger_movementline AS line
                ON line.depot_id = movement.depot_id AND line.position = movement.position
            GROUP BY depot.code, movement.key, movement.position, movement.hash
            """
        ).fetchall()
    acknowledged = [
        (sent.depot, sent.key, sent.document["position"], sent.document["hash"], len(sent.body["lines"]))
        for sent in log
    ]
    assert sorted(stored) == sorted(acknowledged)
    proof = subprocess.run(
        [sys.executable, "manage.py", "verify_ledger", "--format", "json"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert proof.returncode == 0, proof.stdout + proof.stderr


def wait_for_more(log: Sequence[Sent]) -> None:
    """Return once something more was acknowledged; fail when nothing is for as long as a program has patience."""
    before, deadline = len(log), time.monotonic() + PATIENCE
    while len(log) == before:
        assert time.monotonic() < deadline, "nothing more was posted"
        time.sleep(0.05)


def assert_replays(web: Web, token: str, log: Sequence[Sent]) -> None:
    """Send some of what was acknowledged again: the same document comes back, and nothing is posted."""
    for sent in random.sample(list(log), min(len(log), 20)):
        again = send(web.address, token, Sent(sent.depot, sent.key, sent.body))
        assert (again.status, again.document) == (200, sent.document)


def test_the_database_killed_under_load(cluster: Cluster, environment: dict[str, str], web: Web, token: str) -> None:
    with posting(web.address, token) as log:
        for _ in range(15 if IS_LONG else 2):
            wait_for_more(log)
            time.sleep(random.uniform(0.3, 1.1))
            cluster.kill()
            assert not web.is_ready()
            cluster.start()
        wait_for_more(log)
    assert any(sent.tries > 1 for sent in log), "no program noticed that the server was gone"
    assert_replays(web, token, log)
    assert_everything_acknowledged_is_there_once(environment, log)


@LONG_ONLY
def test_the_web_workers_killed_under_load(environment: dict[str, str], web: Web, token: str) -> None:
    killed: set[int] = set()
    with posting(web.address, token) as log:
        for _ in range(20 if IS_LONG else 4):
            time.sleep(random.uniform(0.3, 0.8))
            killed.update(web.kill_workers())
            wait_for_more(log)
        wait_for_more(log)
    assert len(killed) >= 4, "the workers that were killed were never replaced"
    assert any(sent.tries > 1 for sent in log), "no program noticed that a worker was gone"
    # Killed between commit and answer: the retry then is told of the movement that was stored.
    assert_replays(web, token, log)
    assert_everything_acknowledged_is_there_once(environment, log)
