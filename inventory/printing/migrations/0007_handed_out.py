"""What was handed out of kept papers with something stamped on it, by the digest of the file."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("printing", "0006_chair"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="HandedOut",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64)),
                ("place", models.IntegerField()),
                ("copy", models.IntegerField()),
                ("said", models.CharField(blank=True, max_length=300)),
                ("handed_at", models.DateTimeField()),
                (
                    "handed_to",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "paper",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="printing.keptpaper",
                    ),
                ),
            ],
            options={
                "verbose_name": "print handed out",
                "verbose_name_plural": "prints handed out",
                "constraints": [models.UniqueConstraint(fields=("sha256", "place"), name="handed_out_place_unique")],
            },
        ),
        migrations.RunSQL(
            "SELECT make_append_only('printing_handedout');", "DROP TRIGGER append_only ON printing_handedout;"
        ),
    ]
