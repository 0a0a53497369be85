"""Since when the store has been busy with a file."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("openings", "0002_seat_belts")]
    operations = [migrations.AddField("upload", "at_work_since", models.DateTimeField(null=True))]
