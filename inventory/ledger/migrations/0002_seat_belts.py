"""Append-only tables, codes that stay, keys the ORM cannot spell: in the database, below every program."""

from pathlib import Path

from django.db import migrations

REVERSE = """
ALTER TABLE ledger_movementline DROP CONSTRAINT line_change_is_a_number, DROP CONSTRAINT line_movement_fk;
ALTER TABLE ledger_consignmentline DROP CONSTRAINT consignment_movement_fk;
DROP FUNCTION refuse_change() CASCADE;
DROP FUNCTION refuse_new_code() CASCADE;
DROP FUNCTION make_append_only(regclass);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("depots", "0001_initial"), ("catalogue", "0001_initial")]
    operations = [migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"), REVERSE)]
