"""Lots made up for training are other lots than real ones of the same name."""

from django.db import migrations, models

FIELD = models.BooleanField(db_default=False, default=False, editable=False, verbose_name="is made up for training")


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]
    operations = [
        migrations.AddField("lot", "is_exercise", FIELD),
        migrations.AddField("historicallot", "is_exercise", FIELD),
        migrations.RemoveConstraint("lot", "lot_code_unique"),
        migrations.AddConstraint(
            "lot", models.UniqueConstraint(fields=("item", "code", "is_exercise"), name="lot_code_unique")
        ),
    ]
