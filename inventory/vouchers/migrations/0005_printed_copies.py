"""Which prints of a movement's paper were made."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("depots", "0002_exercise"),
        ("vouchers", "0004_version_grows"),
        ("ledger", "0002_seat_belts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PrintedCopy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.BigIntegerField()),
                ("copy", models.IntegerField()),
                ("printed_at", models.DateTimeField()),
                (
                    "depot",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="depots.depot"
                    ),
                ),
                (
                    "printed_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "printed copy",
                "verbose_name_plural": "printed copies",
                "constraints": [
                    models.UniqueConstraint(fields=("depot", "position", "copy"), name="printed_copy_unique"),
                    models.CheckConstraint(condition=models.Q(("copy__gte", 1)), name="printed_copy_from_1"),
                ],
            },
        ),
        migrations.RunSQL(
            "SELECT make_append_only('vouchers_printedcopy');", "DROP TRIGGER append_only ON vouchers_printedcopy;"
        ),
    ]
