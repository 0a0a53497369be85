"""What was done with a file, by whom and when."""

from pathlib import Path

from django.db import migrations, models

_BEFORE = (Path(__file__).parent / "0002_seat_belts.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("openings", "0004_submitted_at")]
    operations = [
        migrations.AddField("upload", "story", models.JSONField(default=list)),
        migrations.RunSQL(
            Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"),
            "CREATE OR REPLACE"
            + _BEFORE[_BEFORE.index("CREATE FUNCTION") + len("CREATE") : _BEFORE.index("CREATE TRIGGER")],
        ),
    ]
