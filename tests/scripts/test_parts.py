"""The parts from elsewhere: locked without addresses, copied for the browser, and named when they cannot be had."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, get_commands

from logistics.land import TOPOLOGY
from logistics.management.commands.build_assets import PARTS

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.lock", "requirements-signing.lock", "requirements-dev.lock", "package-lock.json"]


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_place_to_fetch_from(lock):
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")


def test_locks_name_a_hash_for_every_part():
    for lock in LOCKS[:3]:
        text = (ROOT / lock).read_text(encoding="utf-8")
        pins = re.findall(r"^[\w.-]+(?:\[.*\])?==", text, re.MULTILINE)
        hashed = re.findall(r"^[\w.-]+(?:\[.*\])?==.*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
        assert len(hashed) == len(pins) > 20
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert all(part["integrity"].startswith("sha512-") for name, part in packages.items() if name)


def test_what_runs_is_locked_alike_for_development():
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==[^ ;]+", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")


class TestBuildAssets:
    @pytest.fixture
    def checkout(self, tmp_path, settings):
        """Return a folder with a locked package of every part, as `npm ci` leaves it."""
        settings.BASE_DIR, settings.VAR_DIR = tmp_path, tmp_path / "var"
        shutil.copy(ROOT / "package-lock.json", tmp_path)
        locked = json.loads((tmp_path / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        for package, files in PARTS.items():
            folder = tmp_path / "node_modules" / package
            for name in [*files, "dist/not-served.js"]:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(name, encoding="utf-8")
            version = locked[f"node_modules/{package}"]["version"]
            (folder / "package.json").write_text(json.dumps({"version": version}), encoding="utf-8")
        (tmp_path / "node_modules/topojson-client").symlink_to(ROOT / "node_modules/topojson-client")
        square = [[100, 10], [0, 2], [3, 0], [0, -2], [-3, 0]]  # each place but the first is a step from the last
        land = {"type": "Polygon", "arcs": [[0]]}
        topology = {
            "type": "Topology",
            "transform": {"scale": [1, 1], "translate": [0, 0]},
            "objects": {"land": land},
            "arcs": [square],
        }
        (tmp_path / "node_modules" / TOPOLOGY).write_text(json.dumps(topology), encoding="utf-8")
        return tmp_path

    def test_copies_the_named_files_and_no_others(self, checkout):
        call_command("build_assets")
        call_command("build_assets")
        vendor = checkout / "var/assets/vendor"
        served = {path.relative_to(vendor).as_posix() for path in vendor.glob("**/*.*")}
        assert "leaflet/leaflet.js" in served
        assert not any("not-served" in name for name in served)

    def test_names_every_file_that_is_missing_at_once_and_keeps_what_was_there(self, checkout):
        call_command("build_assets")
        for name in ["leaflet.js", "leaflet.css"]:
            (checkout / "node_modules/leaflet/dist" / name).unlink()
        with pytest.raises(CommandError, match=r"(?s)leaflet\.css is missing.*leaflet\.js is missing.*scripts/setup"):
            call_command("build_assets")
        assert (checkout / "var/assets/vendor/leaflet/leaflet.js").is_file()

    def test_cuts_the_land_of_the_map_and_says_what_it_lacks(self, checkout):
        call_command("build_assets")
        land = checkout / "var/assets/map/land.json"
        (feature,) = json.loads(land.read_text(encoding="utf-8"))["features"]
        assert feature["geometry"]["coordinates"] == [[[[100, 10], [103, 10], [103, 12], [100, 12], [100, 10]]]]
        (checkout / "node_modules" / TOPOLOGY).write_text('{"type": "Topology"', encoding="utf-8")
        with pytest.raises(CommandError, match=r"(?s)land-10m\.json cannot be decoded: SyntaxError.*scripts/setup"):
            call_command("build_assets")
        assert land.is_file()

    def test_refuses_another_version_than_the_locked_one(self, checkout):
        (checkout / "node_modules/leaflet/package.json").write_text('{"version": "2.0.0"}', encoding="utf-8")
        with pytest.raises(CommandError, match=r"version 2\.0\.0; package-lock\.json names 1\.9\.4"):
            call_command("build_assets")


def test_a_failing_set_up_names_the_step_its_log_and_the_next_thing_to_try(tmp_path):
    for name in ["scripts", *LOCKS]:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    nowhere = "http://127.0.0.1:9/simple"  # the discard port: nothing listens
    done = subprocess.run(
        ["scripts/setup"],
        cwd=tmp_path,
        env=os.environ | {"PIP_INDEX_URL": nowhere, "PIP_RETRIES": "0", "DATABASE_URL": "postgresql:///unused"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 1
    assert "set-up failed at: Python environment" in done.stderr
    assert "No matching distribution found for uv" in done.stderr
    assert "Next: if an address could not be reached: set UV_INDEX_URL" in done.stderr


@pytest.mark.parametrize("unit", sorted((ROOT / "deploy/systemd").glob("*.service")), ids=lambda unit: unit.name)
def test_units_start_commands_that_exist(unit):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(unit, encoding="utf-8")
    words = parser["Service"]["ExecStart"].split()
    if "manage.py" in words:
        assert words[words.index("manage.py") + 1] in get_commands()
