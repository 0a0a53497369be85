"""Tanks, what they take, and their gauge tables."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0005_fuel"),
        ("depots", "0003_boundary"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalTank",
            fields=[
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("web", "web"),
                            ("api", "API"),
                            ("import", "import"),
                            ("command", "command"),
                            ("posting", "posting"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "capacity_litres",
                    models.DecimalField(decimal_places=0, max_digits=12, verbose_name="capacity, litres"),
                ),
                ("history_change_reason", models.CharField(max_length=300)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "bin",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="depots.bin",
                        verbose_name="bin",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalogue.item",
                        verbose_name="fuel it is for",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical tank",
                "verbose_name_plural": "historical tanks",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Tank",
            fields=[
                (
                    "bin",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="tank",
                        serialize=False,
                        to="depots.bin",
                        verbose_name="bin",
                    ),
                ),
                (
                    "capacity_litres",
                    models.DecimalField(decimal_places=0, max_digits=12, verbose_name="capacity, litres"),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalogue.item",
                        verbose_name="fuel it is for",
                    ),
                ),
            ],
            options={
                "verbose_name": "tank",
                "verbose_name_plural": "tanks",
            },
        ),
        migrations.CreateModel(
            name="HistoricalGaugeTable",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("valid_from", models.DateField(verbose_name="valid from")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="valid to")),
                ("source", models.CharField(max_length=240, verbose_name="document it comes from")),
                (
                    "heights_mm",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), size=None, verbose_name="heights, mm"
                    ),
                ),
                (
                    "litres",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DecimalField(decimal_places=1, max_digits=12),
                        size=None,
                        verbose_name="litres",
                    ),
                ),
                ("history_change_reason", models.CharField(max_length=300)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tank",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="depots.tank",
                        verbose_name="tank",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical gauge table",
                "verbose_name_plural": "historical gauge tables",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="GaugeTable",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateField(verbose_name="valid from")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="valid to")),
                ("source", models.CharField(max_length=240, verbose_name="document it comes from")),
                (
                    "heights_mm",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), size=None, verbose_name="heights, mm"
                    ),
                ),
                (
                    "litres",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DecimalField(decimal_places=1, max_digits=12),
                        size=None,
                        verbose_name="litres",
                    ),
                ),
                (
                    "tank",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gauge_tables",
                        to="depots.tank",
                        verbose_name="tank",
                    ),
                ),
            ],
            options={
                "verbose_name": "gauge table",
                "verbose_name_plural": "gauge tables",
                "ordering": ("tank", "valid_from"),
            },
        ),
        migrations.AddConstraint(
            model_name="tank",
            constraint=models.CheckConstraint(
                condition=models.Q(("capacity_litres__gt", 0)), name="tank_takes_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="gaugetable",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                ),
                name="gauge_valid_dates_ordered",
            ),
        ),
        migrations.AddConstraint(
            model_name="gaugetable",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("tank", "="),
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
                name="gauge_one_on_a_day",
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE depots_gaugetable ADD CONSTRAINT gauge_rises CHECK ("
            "  cardinality(heights_mm) >= 2 AND cardinality(heights_mm) = cardinality(litres)"
            "  AND heights_mm[1] >= 0 AND litres[1] >= 0"
            "  AND is_rising(heights_mm::numeric[]) AND is_rising(litres));",
            "ALTER TABLE depots_gaugetable DROP CONSTRAINT gauge_rises;",
        ),
    ]
