"""The feed over HTTP, as the warehouse uses it."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from logistics.accounts.models import Assignment, Role, Token, User
from logistics.accounts.rights import Right
from logistics.audit.models import AccessRecord
from logistics.exports.checker import check
from logistics.exports.models import ExportRun
from tests import factories


def caller(user: User, scopes: list[str] | None = None) -> Client:
    """Return a program that signs in with a token of `user`."""
    with factories.telling():
        token = Token.issue(to=user, at=timezone.now(), days=1, scopes=scopes)
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def warehouse(store):
    return caller(factories.a_user("khodulieu", role=Role.EXPORT_CLIENT))


@pytest.fixture
def work(store, committed_environment):
    """Let a worker, a process of its own, do what is in the queue."""
    folders = {"EXPORT_DIR": str(settings.EXPORT_DIR), "KEY_DIR": str(settings.KEY_DIR)}
    command = [sys.executable, "manage.py", "procrastinate", "worker", "--one-shot"]
    return partial(subprocess.run, command, cwd=settings.BASE_DIR, env=committed_environment | folders, check=True)


def test_from_the_asking_to_the_answer(store, warehouse, work, tmp_path):
    asked = warehouse.post("/api/v1/exports", {"full": False}, content_type="application/json")
    assert asked.status_code == 202
    address = asked["Location"]
    again = warehouse.post("/api/v1/exports", b"", content_type="application/json")
    assert (again.status_code, again["Location"]) == (202, address)  # one like it is waiting
    waiting = warehouse.get(address)
    assert (waiting.json()["state"], waiting["Retry-After"]) == ("queued", "5")

    work()
    run = warehouse.get(address).json()
    assert (run["state"], run["movements"], run["lines"]) == ("ready", 6, 11)
    assert run["depots"][0]["to_position"] == 4

    folder = tmp_path / run["run"]
    folder.mkdir()
    for file in run["files"]:
        answer = warehouse.get(f"{address}/files/{file['name']}")
        data = b"".join(answer.streaming_content)
        assert (answer.status_code, len(data), answer["ETag"]) == (200, file["bytes"], f'"{file["sha256"]}"')
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        (folder / file["name"]).write_bytes(data)
    key = tmp_path / "key.pem"
    key.write_bytes(warehouse.get("/api/v1/exports/public-key").content)
    assert check(folder, public_key=key).movements == 6

    accepted = warehouse.post(f"{address}/acknowledgement", {"status": "accepted"}, content_type="application/json")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    assert accepted.json()["acknowledgements"][0]["answered_by"] == "khodulieu"
    store.receive("K02")
    warehouse.post("/api/v1/exports", b"", content_type="application/json")
    work()
    listed = warehouse.get("/api/v1/exports").json()["items"]
    assert [(item["run"] == run["run"], item["state"], item["movements"]) for item in listed] == [
        (False, "ready", 1),
        (True, "accepted", 6),
    ]
    first_page = warehouse.get("/api/v1/exports?limit=1").json()
    assert warehouse.get(f"/api/v1/exports?cursor={first_page['next']}").json()["items"] == listed[1:]
    assert {record.action for record in AccessRecord.objects.filter(user__login="khodulieu")} == {
        "export.request",
        "export.file",
    }


def test_files_come_in_parts_and_only_when_changed(store, warehouse):
    folder = store.export()
    data = (folder / "movements.parquet").read_bytes()
    size = len(data)
    etag = f'"{hashlib.sha256(data).hexdigest()}"'

    def get(**headers):
        answer = warehouse.get(f"/api/v1/exports/{folder.name}/files/movements.parquet", headers=headers)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        return answer.status_code, answer.headers.get("Content-Range"), body

    whole = (200, None, data)
    for asked, expected in [
        ({"Range": "bytes=0-9"}, (206, f"bytes 0-9/{size}", data[:10])),
        ({"Range": "bytes=10-"}, (206, f"bytes 10-{size - 1}/{size}", data[10:])),
        ({"Range": "bytes=-8"}, (206, f"bytes {size - 8}-{size - 1}/{size}", data[-8:])),
        ({"Range": f"bytes=-{size + 5}"}, (206, f"bytes 0-{size - 1}/{size}", data)),
        ({"Range": f"bytes=5-{size + 5}"}, (206, f"bytes 5-{size - 1}/{size}", data[5:])),
        ({"Range": "bytes=0-1", "If-Range": etag}, (206, f"bytes 0-1/{size}", data[:2])),
        ({"Range": "bytes=0-1", "If-Range": '"another"'}, whole),
        ({"Range": "bytes=0-1,5-6"}, whole),
        ({"Range": "bytes=9-2"}, whole),
        ({"Range": "bytes=-"}, whole),
        ({"Range": "lines=1-2"}, whole),
        ({"If-None-Match": etag}, (304, None, b"")),
        ({"If-None-Match": f'"x", W/{etag}'}, (304, None, b"")),
        ({"If-None-Match": '"x"'}, whole),
    ]:
        assert (asked, get(**asked)) == (asked, expected)
    for beyond in (f"bytes={size}-", "bytes=-0"):
        status, content_range, _body = get(Range=beyond)
        assert (beyond, status, content_range) == (beyond, 416, f"bytes */{size}")


def test_nothing_but_the_run_s_own_files_is_served(store, warehouse):
    folder = store.export()
    (folder / "secret.txt").write_text("x")
    for name in ("secret.txt", "..%2Fpublic-key.pem", "%2e%2e", "export-signing-key.pem", "units.csv"):
        assert warehouse.get(f"/api/v1/exports/{folder.name}/files/{name}").status_code == 404, name
    assert warehouse.get("/api/v1/exports/20200101T0000-0001").status_code == 404
    queued = ExportRun.objects.create(
        name="20200101T0000-0002",
        state="queued",
        night_date=timezone.localdate(),
        requested_at=timezone.now(),
        requested_by=store.by,
    )
    assert warehouse.get(f"/api/v1/exports/{queued.name}/files/datapackage.json").status_code == 404
    assert warehouse.get(f"/api/v1/exports/{queued.name}/archive").status_code == 404


def test_an_archive_is_the_whole_folder(store, warehouse):
    folder = store.export()
    answer = warehouse.get(f"/api/v1/exports/{folder.name}/archive")
    data = b"".join(answer.streaming_content)
    assert len(data) == int(answer["Content-Length"])
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        found = {Path(entry.name).name: tar.extractfile(entry).read() for entry in tar}
    assert found == {file.name: file.read_bytes() for file in folder.iterdir()}


def test_bodies_and_answers_that_make_no_sense_are_refused(store, warehouse):
    folder = store.export()
    for path, body, status in [
        ("", {"full": "yes"}, 422),
        ("", {"full": False, "fast": True}, 422),
        ("", [], 422),
        ("?full=1", {}, 422),
        (f"/{folder.name}/acknowledgement", {"status": "perhaps"}, 422),
        (f"/{folder.name}/acknowledgement", {"status": "rejected", "reason": " "}, 422),
        (f"/{folder.name}/acknowledgement", {"status": "accepted", "reason": "x" * 501}, 422),
        (f"/{folder.name}/acknowledgement", {}, 422),
        (f"/{folder.name}/acknowledgement", {"status": "accepted", "manifest_sha256": "0" * 64}, 409),
        ("/20200101T0000-0001/acknowledgement", {"status": "accepted"}, 404),
    ]:
        answer = warehouse.post(f"/api/v1/exports{path}", body, content_type="application/json")
        assert (path, body, answer.status_code) == (path, body, status)
        assert answer["Content-Type"] == "application/problem+json"
    assert warehouse.get("/api/v1/exports?cursor=x").status_code == 422
    assert ExportRun.objects.get().state == "ready"


def test_only_the_warehouse_s_account_may_export(store, warehouse):
    folder = store.export()
    depot_client = factories.a_user("mot-kho", role=Role.EXPORT_CLIENT, depot=store.depots[0])
    past = factories.a_user("da-het")
    with factories.telling():
        Assignment.objects.create(user=past, role=Role.EXPORT_CLIENT, valid_to=timezone.localdate() - timedelta(days=1))
    strangers = [
        (Client(raise_request_exception=False), 401),
        (caller(factories.a_user("khach")), 403),
        (caller(factories.a_user("kiemtoan", role=Role.AUDITOR)), 403),
        (caller(factories.a_user("thukho", role=Role.STOREKEEPER)), 403),
        (caller(depot_client), 403),
        (caller(past), 403),
        (caller(User.objects.get(login="khodulieu"), scopes=[Right.READ]), 403),
    ]
    for client, status in strangers:
        for path in (
            "",
            "/public-key",
            f"/{folder.name}",
            f"/{folder.name}/files/datapackage.json",
            f"/{folder.name}/archive",
            "/20200101T0000-0001",
        ):
            assert (path, client.get(f"/api/v1/exports{path}").status_code) == (path, status)
        for path, body in (("", {}), (f"/{folder.name}/acknowledgement", {"status": "accepted"})):
            answer = client.post(f"/api/v1/exports{path}", body, content_type="application/json")
            assert (path, answer.status_code) == (path, status)
    assert warehouse.get("/api/v1/exports").status_code == 200
    assert ExportRun.objects.get().state == "ready"
