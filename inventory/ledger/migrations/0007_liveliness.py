"""Whose each closing is, and since when a pile is empty: what a past day is found by."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

REVERSE = """
DROP INDEX closing_of_item;
ALTER TABLE ledger_closingbalance DROP COLUMN item_id;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_promises")]
    operations = [
        migrations.AddField(
            model_name="holding",
            name="emptied_at",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(on_hand__gt=0, then=None),
                    default=models.F("last_occurred_at"),
                    output_field=models.DateTimeField(),
                ),
                output_field=models.DateTimeField(null=True),
            ),
        ),
        migrations.AddIndex(
            model_name="holding",
            index=models.Index(fields=["item", "depot", "emptied_at"], name="holding_of_item"),
        ),
        migrations.RunSQL(
            Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"),
            REVERSE,
            state_operations=[
                migrations.AddField(
                    model_name="closingbalance",
                    name="item",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalogue.item",
                    ),
                    preserve_default=False,
                ),
                migrations.AddIndex(
                    model_name="closingbalance",
                    index=models.Index(
                        fields=["item", "depot", "month_date"], include=["holding"], name="closing_of_item"
                    ),
                ),
            ],
        ),
    ]
