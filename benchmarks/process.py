"""A process that works inside a store: it does one thing after another, asked over a pipe.

One JSON line in, `{"verb": …, "given": {…}}`; one JSON line out. The database is the environment's DATABASE_URL.
"""

from __future__ import annotations

import json
import os
import sys

import django


def main() -> None:
    """Answer until the pipe closes."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else is printed is no answer
    django.setup()
    from benchmarks.inside import VERBS  # noqa: PLC0415 - needs Django's models, which need the set-up

    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(VERBS[asked["verb"]](**asked["given"])), file=answers, flush=True)


if __name__ == "__main__":
    main()
