"""Liquid fuels: which items are, how their readings are brought to 15 °C, and what loss is normal."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0004_gross_weight"),
        ("ledger", "0002_seat_belts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Conversion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=24, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=160, verbose_name="name")),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("table", "registered table"),
                            ("hydrometer", "formula API MPMS 11.1 (1980), density by glass hydrometer"),
                            ("meter", "formula API MPMS 11.1 (1980), density by density meter"),
                        ],
                        max_length=10,
                        verbose_name="method",
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="valid from")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="valid to")),
                ("source", models.CharField(max_length=240, verbose_name="document it comes from")),
                (
                    "densities",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DecimalField(decimal_places=1, max_digits=6),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="densities",
                    ),
                ),
                (
                    "temperatures",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DecimalField(decimal_places=2, max_digits=5),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="temperatures",
                    ),
                ),
                (
                    "densities_15",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DecimalField(decimal_places=1, max_digits=6),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="at 15 °C",
                    ),
                ),
                (
                    "factors",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DecimalField(decimal_places=5, max_digits=8),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="factors",
                    ),
                ),
            ],
            options={
                "verbose_name": "fuel conversion",
                "verbose_name_plural": "fuel conversions",
                "ordering": ("code",),
            },
        ),
        migrations.CreateModel(
            name="HistoricalConversion",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("code", models.CharField(db_index=True, max_length=24, verbose_name="code")),
                ("name", models.CharField(max_length=160, verbose_name="name")),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("table", "registered table"),
                            ("hydrometer", "formula API MPMS 11.1 (1980), density by glass hydrometer"),
                            ("meter", "formula API MPMS 11.1 (1980), density by density meter"),
                        ],
                        max_length=10,
                        verbose_name="method",
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="valid from")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="valid to")),
                ("source", models.CharField(max_length=240, verbose_name="document it comes from")),
                (
                    "densities",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DecimalField(decimal_places=1, max_digits=6),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="densities",
                    ),
                ),
                (
                    "temperatures",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DecimalField(decimal_places=2, max_digits=5),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="temperatures",
                    ),
                ),
                (
                    "densities_15",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DecimalField(decimal_places=1, max_digits=6),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="at 15 °C",
                    ),
                ),
                (
                    "factors",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DecimalField(decimal_places=5, max_digits=8),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="factors",
                    ),
                ),
                ("history_change_reason", models.CharField(max_length=300)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
            ],
            options={
                "verbose_name": "historical fuel conversion",
                "verbose_name_plural": "historical fuel conversions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalLossRate",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "work",
                    models.CharField(
                        choices=[
                            ("receiving", "receiving"),
                            ("issuing", "issuing"),
                            ("storing", "storing for 30 days"),
                        ],
                        max_length=10,
                        verbose_name="work",
                    ),
                ),
                ("percent", models.DecimalField(decimal_places=4, max_digits=7, verbose_name="percent")),
                ("valid_from", models.DateField(verbose_name="valid from")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="valid to")),
                ("source", models.CharField(max_length=240, verbose_name="document it comes from")),
                ("history_change_reason", models.CharField(max_length=300)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
            ],
            options={
                "verbose_name": "historical normal-loss rate",
                "verbose_name_plural": "historical normal-loss rates",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="LossRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "work",
                    models.CharField(
                        choices=[
                            ("receiving", "receiving"),
                            ("issuing", "issuing"),
                            ("storing", "storing for 30 days"),
                        ],
                        max_length=10,
                        verbose_name="work",
                    ),
                ),
                ("percent", models.DecimalField(decimal_places=4, max_digits=7, verbose_name="percent")),
                ("valid_from", models.DateField(verbose_name="valid from")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="valid to")),
                ("source", models.CharField(max_length=240, verbose_name="document it comes from")),
            ],
            options={
                "verbose_name": "normal-loss rate",
                "verbose_name_plural": "normal-loss rates",
                "ordering": ("group", "work", "valid_from"),
            },
        ),
        migrations.AddField(
            model_name="historicalitem",
            name="fuel_group",
            field=models.CharField(
                blank=True,
                choices=[("A", "crude oil"), ("B", "petrol, jet fuel, diesel or fuel oil"), ("D", "lubricating oil")],
                db_default="",
                default="",
                help_text="Its stock is kept in litres at 15 °C and in kg; every line tells temperature and density.",
                max_length=1,
                verbose_name="liquid fuel",
            ),
        ),
        migrations.AddField(
            model_name="item",
            name="fuel_group",
            field=models.CharField(
                blank=True,
                choices=[("A", "crude oil"), ("B", "petrol, jet fuel, diesel or fuel oil"), ("D", "lubricating oil")],
                db_default="",
                default="",
                help_text="Its stock is kept in litres at 15 °C and in kg; every line tells temperature and density.",
                max_length=1,
                verbose_name="liquid fuel",
            ),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(("fuel_group", ""), ("base_unit", "LTR"), _connector="OR"),
                name="item_fuel_is_kept_in_litres",
            ),
        ),
        migrations.AddField(
            model_name="conversion",
            name="group",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="conversions",
                to="catalogue.itemgroup",
                verbose_name="item group",
            ),
        ),
        migrations.AddField(
            model_name="conversion",
            name="item",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="conversions",
                to="catalogue.item",
                verbose_name="item",
            ),
        ),
        migrations.AddField(
            model_name="historicalconversion",
            name="group",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="catalogue.itemgroup",
                verbose_name="item group",
            ),
        ),
        migrations.AddField(
            model_name="historicalconversion",
            name="history_user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="historicalconversion",
            name="item",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="catalogue.item",
                verbose_name="item",
            ),
        ),
        migrations.AddField(
            model_name="historicallossrate",
            name="group",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="catalogue.itemgroup",
                verbose_name="item group",
            ),
        ),
        migrations.AddField(
            model_name="historicallossrate",
            name="history_user",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="lossrate",
            name="group",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="loss_rates",
                to="catalogue.itemgroup",
                verbose_name="item group",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__regex", "^[A-Z0-9.-]{1,24}$")), name="conversion_code_form"
            ),
        ),
        migrations.AddConstraint(
            model_name="conversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("item__isnull", True), ("group__isnull", True), _connector="XOR"),
                name="conversion_of_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                ),
                name="conversion_valid_dates_ordered",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversion",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("item__isnull", False)),
                expressions=[
                    ("item", "="),
                    (
                        models.Func(
                            "valid_from",
                            "valid_to",
                            models.Value("[]"),
                            function="daterange",
                            output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="conversion_one_of_item",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversion",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("group__isnull", False)),
                expressions=[
                    ("group", "="),
                    (
                        models.Func(
                            "valid_from",
                            "valid_to",
                            models.Value("[]"),
                            function="daterange",
                            output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="conversion_one_of_group",
            ),
        ),
        migrations.AddConstraint(
            model_name="lossrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("percent__range", (0, 100))), name="loss_rate_is_a_percentage"
            ),
        ),
        migrations.AddConstraint(
            model_name="lossrate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                ),
                name="loss_rate_valid_dates_ordered",
            ),
        ),
        migrations.AddConstraint(
            model_name="lossrate",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("group", "="),
                    ("work", "="),
                    (
                        models.Func(
                            "valid_from",
                            "valid_to",
                            models.Value("[]"),
                            function="daterange",
                            output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="loss_rate_one_on_a_day",
            ),
        ),
        migrations.RunSQL(
            # is_rising: whether every element of an array is above the one before; NULL or NaN is never.
            "CREATE FUNCTION is_rising(steps numeric[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$"
            "  SELECT count(*) = 0 FROM generate_series(1, cardinality(steps)) AS number"
            "  WHERE steps[number] IS NULL OR steps[number] = 'NaN'"
            "    OR (number > 1 AND steps[number] <= steps[number - 1]) $$;"
            "ALTER TABLE catalogue_conversion ADD CONSTRAINT conversion_grid_is_whole CHECK ("
            "  CASE WHEN method = 'table' THEN"
            "    cardinality(densities) >= 2 AND cardinality(temperatures) >= 2"
            "    AND is_rising(densities) AND is_rising(temperatures)"
            "    AND cardinality(densities_15) = cardinality(densities) * cardinality(temperatures)"
            "    AND cardinality(factors) = cardinality(densities_15)"
            "    AND array_position(densities_15, NULL) IS NULL AND array_position(factors, NULL) IS NULL"
            "    AND 0 < ALL (densities_15) AND 0 < ALL (factors)"
            "  ELSE cardinality(densities) + cardinality(temperatures) + cardinality(densities_15)"
            "    + cardinality(factors) = 0 END);"
            # Stock that is kept at 15 °C cannot become stock that is not.
            "CREATE TRIGGER fuel_group_stays BEFORE UPDATE OF fuel_group ON catalogue_item FOR EACH ROW"
            "  WHEN (old.fuel_group <> '') EXECUTE FUNCTION refuse_new_code('fuel_group');",
            "DROP TRIGGER fuel_group_stays ON catalogue_item;"
            "ALTER TABLE catalogue_conversion DROP CONSTRAINT conversion_grid_is_whole;"
            "DROP FUNCTION is_rising(numeric[]);",
        ),
    ]
