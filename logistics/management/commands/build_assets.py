"""Copy the browser parts we serve out of node_modules and cut the map's land: pages load nothing from outside."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from logistics import land

# Package -> the files of it that pages use; licences travel along, source maps because leaflet.js names its own.
PARTS: dict[str, list[str]] = {
    "leaflet": [
        "LICENSE",
        "dist/leaflet.css",
        "dist/leaflet.js",
        "dist/leaflet.js.map",
        "dist/images/layers.png",
        "dist/images/layers-2x.png",
        "dist/images/marker-icon.png",
        "dist/images/marker-icon-2x.png",
        "dist/images/marker-shadow.png",
    ],
    "world-atlas": ["LICENSE"],
    "uplot": ["LICENSE", "dist/uPlot.iife.min.js", "dist/uPlot.min.css"],
    "barcode-detector": ["LICENSE", "dist/es/ponyfill.js", "dist/es/zxing-exported.js"],
    "zxing-wasm": ["LICENSE", "dist/reader/zxing_reader.wasm"],
}


class Command(BaseCommand):
    """`build_assets`: needs `npm ci` to have run (scripts/setup does both)."""

    help = __doc__
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Hold on return: `var/assets/vendor/<package>/` has exactly the files of PARTS, at the locked version, and
        `var/assets/map/land.json` the land under the maps.

        Raises:
            CommandError: a package is missing, has another version than package-lock.json, or lacks a named file.
        """
        source = settings.BASE_DIR / "node_modules"
        target = settings.VAR_DIR / "assets" / "vendor"
        locked = json.loads((settings.BASE_DIR / "package-lock.json").read_text(encoding="utf-8"))["packages"]
        problems = [
            problem for package, files in PARTS.items() for problem in _problems(source / package, files, locked)
        ]
        if problems:
            raise CommandError("\n".join([*problems, "Next: scripts/setup, which installs them."]))
        try:
            size = land.write(source, settings.VAR_DIR / "assets" / "map" / "land.json")
        except land.LandRefused as error:
            raise CommandError(f"{error}\nNext: scripts/setup, which installs what is missing.") from error

        # Beside the old folder, then renamed: a page loaded meanwhile finds the old files or the new ones.
        fresh = target.with_name("vendor.new")
        shutil.rmtree(fresh, ignore_errors=True)
        for package, files in PARTS.items():
            for name in files:
                copy = fresh / package / name.removeprefix("dist/")
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / package / name, copy)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
        self.stdout.write(
            f"{sum(map(len, PARTS.values()))} files of {', '.join(PARTS)} copied to {target}; land: {size} bytes (gzip)"
        )


def _problems(folder: Path, files: list[str], locked: dict[str, Any]) -> list[str]:
    """Return what keeps the package in `folder` from being copied, in words; nothing when it is as locked."""
    try:
        version = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
    except OSError:
        return [f"{folder} is missing."]
    wanted = locked[f"node_modules/{folder.name}"]["version"]
    if version != wanted:
        return [f"{folder} is version {version}; package-lock.json names {wanted}."]
    return [f"{folder / name} is missing." for name in files if not (folder / name).is_file()]
