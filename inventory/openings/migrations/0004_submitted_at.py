"""Since when a file has waited for approval."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("openings", "0003_at_work")]
    operations = [
        migrations.AddField("upload", "submitted_at", models.DateTimeField("submitted at", null=True)),
    ]
