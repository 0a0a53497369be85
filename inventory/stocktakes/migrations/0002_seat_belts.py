"""What the database refuses of a stocktake whoever asks."""

from pathlib import Path

from django.db import migrations

REVERSE = """
DROP TRIGGER append_only ON stocktakes_sheetline;
DROP TRIGGER append_only ON stocktakes_count;
DROP TRIGGER append_only ON stocktakes_recount;
DROP TRIGGER append_only ON stocktakes_decision;
DROP TRIGGER append_only ON stocktakes_historicalstocktake;
DROP TRIGGER append_only ON stocktakes_historicalmember;
DROP TRIGGER append_only ON stocktakes_historicalcause;
DROP TRIGGER append_only ON stocktakes_historicalgradecolumn;
ALTER TABLE stocktakes_stocktake DROP CONSTRAINT stocktake_movement_fk;
DROP FUNCTION refuse_change_of_stocktake() CASCADE;
DROP FUNCTION refuse_late_count() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("stocktakes", "0001_initial"), ("ledger", "0010_count_offsets")]
    operations = [migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"), REVERSE)]
