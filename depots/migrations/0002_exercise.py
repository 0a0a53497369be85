"""Depots to learn in."""

from django.db import migrations, models

FIELD = models.BooleanField(
    db_default=False,
    default=False,
    help_text="For training: nothing it holds enters an export or a total. Fixed once its logbook is open.",
    verbose_name="is an exercise depot",
)


class Migration(migrations.Migration):
    dependencies = [("depots", "0001_initial")]
    operations = [
        migrations.AddField("depot", "is_exercise", FIELD),
        migrations.AddField("historicaldepot", "is_exercise", FIELD),
    ]
