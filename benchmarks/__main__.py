"""`python -m benchmarks`: measure the store against limits taken in the same run, and print a table or JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from contextlib import ExitStack
from typing import Any, Final

import psycopg
from rich.console import Console

from benchmarks import measuring, place, results
from benchmarks.measuring import Pace, Samples
from logistics import scratch

QUICK_SECONDS: Final = 100  # after which `--quick` takes no second turns


def parsed() -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--lines", type=lambda text: int(float(text)), default=1_000_000,
        help="lines in the larger of the two stores; the smaller has a tenth (1e6)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument(
        "--quick", action="store_true",
        help="at most 3 minutes: short turns, and the larger store is only asked questions",
    )  # fmt: skip
    return parser.parse_args()


def measured(lines: int, *, is_quick: bool, console: Console) -> dict[str, Any]:
    """Make both stores, measure, remove them, and return the document that `--json` prints."""
    started = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:6.0f} s[/dim]  {text}", highlight=False)

    pace = Pace(turns=4, seconds=8, questions=60, batches=5)
    if is_quick:
        pace = Pace(turns=2, seconds=3, questions=25, batches=3, enough_at=started + QUICK_SECONDS)
    with ExitStack() as stack:
        say("the schema")
        template = scratch.template()
        say(f"a store of {lines // 10:,} lines")
        small = stack.enter_context(place.made(template, lines // 10, is_chained=True))
        say(f"a store of {lines:,} lines" + (", for questions only" if is_quick else ""))
        large = stack.enter_context(place.made(template, lines, is_chained=not is_quick))
        versions = small.inside.do("versions")
        taken = [(small, Samples()), (large, Samples())]
        measuring.ask(taken, pace=pace, say=say)
        for one, samples in taken[: 1 if is_quick else 2]:
            say(f"the store of {one.lines:,} lines")
            measuring.export(one, samples, pace=pace, say=say)
            measuring.post(one, samples, pace=pace, say=say)
            measuring.post_in_bulk(one, samples, pace=pace, say=say)
            measuring.verify(one, samples, say=say)
    machine = {
        "name": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "load": [round(value, 2) for value in os.getloadavg()],
        **versions,
        "seconds": round(time.monotonic() - started),
    }
    return results.document(machine, [(one.lines, samples) for one, samples in taken])


def main() -> int:
    """Measure and print; 0 when every ratio that has an aim reaches it, 1 when one does not, 5 without a database."""
    asked = parsed()
    console = Console(stderr=True)
    try:
        document = measured(asked.lines, is_quick=asked.quick, console=console)
    except psycopg.OperationalError as error:
        console.print(
            f"The database does not answer: {error}Next: scripts/cluster start", highlight=False, markup=False
        )
        return 5
    except place.Broken as error:
        console.print(f"The benchmark cannot count: {error}", highlight=False, markup=False)
        return 5
    if asked.json:
        print(json.dumps(document, indent=2))
    else:
        results.show(document, Console(width=None if sys.stdout.isatty() else 120))
    return 0 if all(results.reached(document).values()) else 1


if __name__ == "__main__":
    sys.exit(main())
