"""The balances of whole depots at an instant, and the indexes that reports read."""

from pathlib import Path

from django.db import migrations

STATEMENTS = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
BACK = """
DROP INDEX line_priced;
DROP INDEX movement_inner;
DROP FUNCTION balances_at(bigint[], timestamptz, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("availability", "0001_questions"), ("ledger", "0005_road")]
    operations = [migrations.RunSQL(STATEMENTS, BACK)]
