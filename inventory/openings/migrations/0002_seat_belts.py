"""What the database refuses about files that were brought."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("openings", "0001_initial"), ("ledger", "0002_seat_belts")]
    operations = [
        migrations.RunSQL(
            Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"),
            "DROP TRIGGER file_stays ON openings_upload; DROP FUNCTION refuse_other_file();"
            " DROP TRIGGER append_only ON openings_historicalcrosswalk;"
            " DROP TRIGGER append_only ON openings_historicalcolumnmapping;",
        )
    ]
