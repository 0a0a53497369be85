"""The entry page's modules in node: reading scans, taking cells and pasted blocks in, booking, merging, taking back."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NODE = Path(sys.executable).with_name("node")
# Modules import each other by the addresses they are served under, so they are laid out as they are served.
SERVED = {"logistics": ROOT / "logistics/static/logistics", "vouchers": ROOT / "inventory/vouchers/static/vouchers"}


def test_the_modules(tmp_path: Path) -> None:
    for name, folder in SERVED.items():
        shutil.copytree(folder, tmp_path / name)
    for file in Path(__file__).parent.glob("*.mjs"):
        shutil.copy(file, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    done = subprocess.run(
        [NODE, "--test", "--test-reporter=tap"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "\n# fail 0" in done.stdout
    assert int(done.stdout.rpartition("\n# pass ")[2].split()[0]) >= 15
