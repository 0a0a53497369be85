"""Anchors and past piles read from indexes alone: the closing comes with the list of closings, the tail from its index."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__)


def _as_before() -> str:
    """Return the statements of 0003 that made the functions as they were."""
    text = HERE.with_name("0003_piles.sql").read_text(encoding="utf-8")
    found = []
    for name in ("anchors", "piles_then"):
        start = text.index(f"CREATE FUNCTION {name}")
        found.append(
            text[start : text.index("$$;", start) + 3].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
        )
    return "\n".join(found)


class Migration(migrations.Migration):
    dependencies = [("availability", "0003_piles"), ("ledger", "0009_covering")]
    operations = [migrations.RunSQL(HERE.with_suffix(".sql").read_text(encoding="utf-8"), _as_before())]
