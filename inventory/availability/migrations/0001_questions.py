"""What the planners' questions need in the database: one rule of deduction, one choice of anchor, two indexes."""

from pathlib import Path

from django.db import migrations

REVERSE = """
DROP INDEX consignment_by_item, movement_on_consignment;
DROP FUNCTION anchors(bigint[], timestamptz, timestamptz);
DROP FUNCTION deduction_of(boolean, date, text, boolean, date);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_seat_belts")]
    operations = [migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"), REVERSE)]
