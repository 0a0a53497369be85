"""What the runs of verify_ledger found."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_liveliness"), ("depots", "0002_exercise")]
    operations = [
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("verified_at", models.DateTimeField()),
                ("movements", models.BigIntegerField()),
                ("lines", models.BigIntegerField()),
                ("disagreements", models.IntegerField()),
                ("found", models.JSONField(default=list)),
                (
                    "depot",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                        to="depots.depot",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["-verified_at"], name="verification_newest")]},
        ),
        migrations.RunSQL(
            "SELECT make_append_only('ledger_verification');", "DROP TRIGGER append_only ON ledger_verification;"
        ),
    ]  # fmt: skip
