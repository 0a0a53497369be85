"""The functions every question about stock reads piles through, and anchors that say which piles can matter."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__)


def _old_anchors() -> str:
    """Return the statement of 0001 that made the function `anchors` as it was."""
    text = HERE.with_name("0001_questions.sql").read_text(encoding="utf-8")
    start = text.index("CREATE FUNCTION anchors")
    return text[start : text.index("$$;", start) + 3]


REVERSE = f"""
DROP FUNCTION road_then(bigint, bigint[], timestamptz, timestamptz, smallint, text, date, date);
DROP FUNCTION piles_then(bigint, anchor[], smallint, text, date, date, date, timestamptz);
DROP FUNCTION anchors(bigint[], timestamptz, timestamptz);
DROP TYPE anchor;
DROP FUNCTION road_now(bigint, bigint[], smallint, text, date, date);
DROP FUNCTION piles_now(bigint, bigint[], smallint, text, date, date, date);
{_old_anchors()}
"""


class Migration(migrations.Migration):
    dependencies = [("availability", "0002_saved_views"), ("ledger", "0007_liveliness"), ("catalogue", "0003_words")]
    operations = [migrations.RunSQL(HERE.with_suffix(".sql").read_text(encoding="utf-8"), REVERSE)]
