"""The words an item is found by, folded and indexed, kept by the database."""

from pathlib import Path

from django.db import migrations

REVERSE = """
ALTER TABLE catalogue_item DROP COLUMN words;
DROP FUNCTION folded(text);
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_exercise_lots")]
    operations = [migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"), REVERSE)]
