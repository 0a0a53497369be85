"""The receiver's checker: proves a run from its files and the public key alone, without database or Django.

    python -m logistics.exports.checker DIR [--public-key FILE] [--format text|json]

It needs pyarrow, joserfc and five files of this project: this one, `retrace.py`, `rehash.py`, `signing.py` and
`inventory/ledger/chain.py`. It proves that
  - the manifest was signed by the key's holder and follows the previous run's manifest, if that lies beside;
  - every file is the one the manifest lists, byte for byte, with its rows and columns; no other Parquet lies beside
    them, which whoever loads `*.parquet` would take for the store's; the folder bears no other run's name;
  - each depot's positions are from + 1, from + 2 … to, each chained to the one before, from the hash the range
    starts at to the head, and every movement's hash is that of its own content and lines;
  - lines, quantities in and out add up to the manifest's totals; every pile's balance follows line by line and ends
    at what `holdings` says; where a range starts at 0, every pile is accounted for.
Of a movement with lines withheld (labelled goods), only the chain's link can be proved.

It reads files in the order they are in and holds one batch and one depot's piles at a time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from logistics.exports.retrace import Disagreement, Progress, retrace
from logistics.exports.signing import (
    MANIFEST_FILE,
    PUBLIC_FILE,
    SIGNATURE_FILE,
    BadSignature,
    read_public_key,
    verify,
)

FORMAT_MAJOR: Final = "1"
_RUN_NAME: Final = re.compile(r"\d{8}T\d{4}-\d+", re.ASCII)
_MEMBERS: Final = ("run", "previous_run", "previous_hash", "resources", "depots")
_LOG_FILES: Final = ("movements.parquet", "movement_lines.parquet", "holdings.parquet")


@dataclass(slots=True, kw_only=True)
class Report:
    """What was proved, and on what it rests."""

    run: str
    key_id: str
    key_is_pinned: bool
    previous_is_checked: bool
    files: int
    movements: int = 0
    withheld: int = 0
    lines: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return the report as JSON tells it."""
        rate = round((self.movements + self.lines) / self.seconds) if self.seconds else 0
        return {
            "ok": True,
            "run": self.run,
            "key_id": self.key_id,
            "key_is_pinned": self.key_is_pinned,
            "previous_is_checked": self.previous_is_checked,
            "files": self.files,
            "movements": self.movements,
            "withheld": self.withheld,
            "lines": self.lines,
            "rows_per_second": rate,
            "notes": self.notes,
        }


def check(folder: Path, *, public_key: Path | None = None, progress: Progress | None = None) -> Report:
    """Return the report on a run's folder in which everything agrees; `progress` is told of lines as they pass.

    Raises:
        Disagreement: the first thing that does not.
    """
    started = time.perf_counter()
    content = _read(folder, MANIFEST_FILE)
    report = _check_signature(folder, content, public_key)
    manifest = json.loads(content)
    version = str(manifest.get("format_version"))
    if version.partition(".")[0] != FORMAT_MAJOR:
        raise Disagreement(f"format {version} is not one this checker knows ({FORMAT_MAJOR}.x)", file=MANIFEST_FILE)
    missing = [name for name in _MEMBERS if name not in manifest]
    if missing:
        raise Disagreement(f"has no member {', '.join(missing)}", file=MANIFEST_FILE)
    report.run = str(manifest["run"])
    name = folder.resolve().name
    if _RUN_NAME.fullmatch(name) and name != report.run:  # an older run brought again under a newer one's name
        raise Disagreement(f"is the manifest of run {report.run}, the folder is named {name}", file=MANIFEST_FILE)
    report.previous_is_checked = _check_previous(folder, manifest, report)
    report.files = _check_files(folder, manifest, report)
    try:
        traced = retrace(folder, manifest, progress=progress)
    except (pa.ArrowException, OSError) as error:
        raise Disagreement(f"cannot be read as Parquet: {error}", file=" + ".join(_LOG_FILES)) from error
    report.movements, report.withheld, report.lines = traced
    report.seconds = time.perf_counter() - started
    return report


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise Disagreement(f"cannot be read: {error.strerror}", file=name) from error


def _check_signature(folder: Path, content: bytes, public_key: Path | None) -> Report:
    beside = (at / PUBLIC_FILE for at in (folder, folder.parent))
    file = public_key or next((found for found in beside if found.exists()), None)
    if file is None:
        raise Disagreement(f"no {PUBLIC_FILE} here or beside: give --public-key", file=SIGNATURE_FILE)
    signature = _read(folder, SIGNATURE_FILE)
    try:
        key = read_public_key(file.read_bytes())
        key_id = verify(content, signature.decode("ascii"), key)
    except OSError as error:
        raise Disagreement(f"the public key cannot be read: {error}", file=str(file)) from error
    except (BadSignature, UnicodeDecodeError) as error:
        raise Disagreement(str(error), file=SIGNATURE_FILE) from error
    report = Report(run="", key_id=key_id, key_is_pinned=public_key is not None, previous_is_checked=False, files=0)
    if public_key is None:
        report.notes.append(
            f"The key came with the run ({file}): that the run is whole is proved, whose it is rests on that"
            " file. Give --public-key with a key you got another way."
        )
    return report


def _check_previous(folder: Path, manifest: dict[str, Any], report: Report) -> bool:
    name, expected = manifest["previous_run"], manifest["previous_hash"]
    if name is None:
        return True
    file = folder.parent / str(name) / MANIFEST_FILE
    if Path(str(name)).name != name or not file.exists():
        report.notes.append(f"The previous run {name} is not beside this one: its place in the chain was not checked.")
        return False
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != expected:
        raise Disagreement(f"the manifest of {name} beside it is not the one this run follows", file=MANIFEST_FILE)
    heads = {depot["code"]: depot for depot in json.loads(content)["depots"]}
    for depot in manifest["depots"]:
        head = heads.get(depot["code"])
        if head and head["to_position"] == depot["from_position"] and head["head_hash"] != depot["from_hash"]:
            raise Disagreement(
                f"the range starts at another hash than {name} ended at",
                file=MANIFEST_FILE,
                depot=depot["code"],
                position=depot["from_position"],
            )
    return True


def _check_files(folder: Path, manifest: dict[str, Any], report: Report) -> int:
    listed = {MANIFEST_FILE, SIGNATURE_FILE, PUBLIC_FILE}
    for resource in manifest["resources"]:
        name = str(resource["path"])
        if Path(name).name != name:
            raise Disagreement("is not a plain file name", file=name)
        listed.add(name)
        _check_file(folder / name, resource)
    for name in _LOG_FILES:
        if name not in listed:
            raise Disagreement("is not in the manifest", file=name)
    others = sorted(file.name for file in folder.iterdir() if file.name not in listed)
    for name in others:
        if name.lower().endswith(".parquet"):
            raise Disagreement("is not in the manifest, and would be loaded with the others: take it away", file=name)
    if others:
        report.notes.append(f"Not in the manifest, and not checked: {', '.join(others)}.")
    return len(manifest["resources"])


def _check_file(file: Path, resource: dict[str, Any]) -> None:
    try:
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        size = file.stat().st_size
    except OSError as error:
        raise Disagreement(f"cannot be read: {error.strerror}", file=file.name) from error
    if size != resource["bytes"]:
        raise Disagreement(f"has {size} bytes, the manifest says {resource['bytes']}", file=file.name)
    if f"sha256:{digest}" != resource["hash"]:
        raise Disagreement("is not the file the manifest lists (SHA-256 differs)", file=file.name)
    try:
        with pq.ParquetFile(file) as parquet:
            rows, schema = parquet.metadata.num_rows, parquet.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise Disagreement(f"cannot be read as Parquet: {error}", file=file.name) from error
    if rows != resource["rows"]:
        raise Disagreement(f"has {rows} rows, the manifest says {resource['rows']}", file=file.name)
    found = [(column.name, str(column.type)) for column in schema]
    expected = [(column["name"], column["arrow"]) for column in resource["schema"]["fields"]]
    if found != expected:
        wrong = sorted({name for name, _ in set(found) ^ set(expected)}) or ["their order"]
        raise Disagreement(f"columns differ from the manifest: {', '.join(wrong)}", file=file.name)


def told(report: Report) -> str:
    """Return the report in words."""
    document = report.document()
    text = (
        f"Run {report.run} agrees: {report.files} files, {report.movements} movements"
        f" ({report.withheld} with withheld lines), {report.lines} lines; {document['rows_per_second']} rows/s."
        f" Signed with key {report.key_id}."
    )
    return "\n".join([text, *report.notes])


def run(folder: Path, *, public_key: Path | None, as_json: bool, progress: Progress | None = None) -> tuple[int, str]:
    """Check a folder; return the exit code (0 agrees, 1 does not, 2 no such folder) and what to print."""
    if not folder.is_dir():
        return 2, f"{folder} is not a folder. Give the folder of one run, the one that holds {MANIFEST_FILE}."
    try:
        report = check(folder, public_key=public_key, progress=progress)
    except Disagreement as found:
        document = {"ok": False, "file": found.file, "depot": found.depot, "position": found.position}
        return 1, json.dumps({**document, "what": found.what}, ensure_ascii=False) if as_json else str(found)
    return 0, json.dumps(report.document(), ensure_ascii=False) if as_json else told(report)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the folder named on the command line and return the exit code."""
    parser = argparse.ArgumentParser(prog="checker", description="Proves an export run from its files.")
    add_arguments(parser)
    given = parser.parse_args(arguments)
    code, text = run(given.folder, public_key=given.public_key, as_json=given.format == "json")
    print(text)
    return code


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folder, --public-key and --format."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the run's folder")
    parser.add_argument("--public-key", type=Path, metavar="FILE", help="the key you trust, PEM")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="what to print (text)")


if __name__ == "__main__":
    sys.exit(main())
