"""What ties the offset of a late entry to the stocktake it upholds."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("depots", "0002_exercise"), ("ledger", "0009_covering")]
    operations = [
        migrations.CreateModel(
            name="CountOffset",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "depot", "position", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.BigIntegerField()),
                ("count_position", models.BigIntegerField()),
                ("late_position", models.BigIntegerField()),
                (
                    "depot",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="depots.depot",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["depot", "count_position"], name="count_offset_count"),
                    models.Index(fields=["depot", "late_position"], name="count_offset_late"),
                ],
            },
        ),
        migrations.RunSQL(
            "SELECT make_append_only('ledger_countoffset');"
            "ALTER TABLE ledger_countoffset"
            "  ADD CONSTRAINT count_offset_itself_fk FOREIGN KEY (depot_id, position)"
            "    REFERENCES ledger_movement (depot_id, position),"
            "  ADD CONSTRAINT count_offset_count_fk FOREIGN KEY (depot_id, count_position)"
            "    REFERENCES ledger_movement (depot_id, position),"
            "  ADD CONSTRAINT count_offset_late_fk FOREIGN KEY (depot_id, late_position)"
            "    REFERENCES ledger_movement (depot_id, position);",
            "ALTER TABLE ledger_countoffset DROP CONSTRAINT count_offset_itself_fk,"
            "  DROP CONSTRAINT count_offset_count_fk, DROP CONSTRAINT count_offset_late_fk;"
            "DROP TRIGGER append_only ON ledger_countoffset;",
        ),
    ]
