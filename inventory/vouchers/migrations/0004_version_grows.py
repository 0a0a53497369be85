"""What is approved stays; the version, which counts the steps, does not."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("vouchers", "0003_policies")]
    operations = [
        migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"), migrations.RunSQL.noop)
    ]
