"""Past piles with fewer looks: at the log's heads only where they must be, at piles only where they held something."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__)


class Migration(migrations.Migration):
    dependencies = [("availability", "0004_tails")]
    operations = [
        migrations.RunSQL(
            HERE.with_suffix(".sql").read_text(encoding="utf-8"),
            HERE.with_name("0004_tails.sql").read_text(encoding="utf-8"),
        )
    ]
