"""A depot is for training or it is not, from its first movement on; so is a lot, always."""

from pathlib import Path

from django.db import migrations

REVERSE = """
DROP TRIGGER exercise_stays ON depots_depot;
DROP TRIGGER exercise_stays ON catalogue_lot;
DROP FUNCTION refuse_new_world();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0003_statistics"),
        ("depots", "0002_exercise"),
        ("catalogue", "0002_exercise_lots"),
    ]
    operations = [migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"), REVERSE)]
