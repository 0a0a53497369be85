"""What is measured of lines of liquid fuel: the balance in kg beside the one in litres at 15 °C."""

import django.db.models.deletion
from django.db import migrations, models

FIGURES = """
-- fuel_figures: a reading in the form its line's hash covers: inventory/ledger/chain.py, `FUEL`.
CREATE FUNCTION fuel_figures(reading ledger_fuelreading) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT '{"conversion":"' || reading.conversion || '","density":"' || reading.density
        || '","density_15":"' || reading.density_15 || '","factor":"' || reading.factor || '","kg":"' || reading.kg
        || '","kg_after":"' || reading.kg_after || '","kg_change":"' || reading.kg_change
        || '","litres":"' || reading.litres || '","litres_15":"' || reading.litres_15
        || '","temperature":"' || reading.temperature || '"}'
$$;
SELECT make_append_only('ledger_fuelreading');
ALTER TABLE ledger_fuelreading
    ADD CONSTRAINT fuel_line_fk FOREIGN KEY (depot_id, position, line_no)
        REFERENCES ledger_movementline (depot_id, position, line_no),
    ADD CONSTRAINT fuel_is_numbers CHECK (
        litres <> 'NaN' AND temperature <> 'NaN' AND density <> 'NaN' AND density_15 <> 'NaN' AND factor <> 'NaN'
        AND litres_15 <> 'NaN' AND kg <> 'NaN' AND kg_change <> 'NaN' AND kg_after <> 'NaN');
"""
REVERSE = """
ALTER TABLE ledger_fuelreading DROP CONSTRAINT fuel_line_fk, DROP CONSTRAINT fuel_is_numbers;
DROP TRIGGER append_only ON ledger_fuelreading;
DROP FUNCTION fuel_figures(ledger_fuelreading);
"""


class Migration(migrations.Migration):
    dependencies = [("depots", "0004_tanks"), ("ledger", "0010_count_offsets")]
    operations = [
        migrations.CreateModel(
            name="FuelReading",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "depot", "position", "line_no", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.BigIntegerField()),
                ("line_no", models.IntegerField()),
                ("litres", models.DecimalField(decimal_places=3, max_digits=18)),
                ("temperature", models.DecimalField(decimal_places=2, max_digits=5)),
                ("density", models.DecimalField(decimal_places=1, max_digits=6)),
                ("density_15", models.DecimalField(decimal_places=1, max_digits=6)),
                ("factor", models.DecimalField(decimal_places=5, max_digits=8)),
                ("litres_15", models.DecimalField(decimal_places=3, max_digits=18)),
                ("kg", models.DecimalField(decimal_places=3, max_digits=18)),
                ("conversion", models.CharField(max_length=40)),
                ("kg_change", models.DecimalField(decimal_places=3, max_digits=18)),
                ("kg_after", models.DecimalField(decimal_places=3, max_digits=18)),
                (
                    "depot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="depots.depot",
                    ),
                ),
                (
                    "holding",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.holding",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["depot", "holding", "-position", "-line_no"], name="fuel_pile")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(litres__gte=0, litres_15__gte=0, kg__gte=0, kg_after__gte=0),
                        name="fuel_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(conversion__regex=r"^[A-Za-z0-9./-]+$"), name="fuel_conversion"
                    ),
                ],
            },
        ),
        migrations.RunSQL(FIGURES, REVERSE),
    ]
