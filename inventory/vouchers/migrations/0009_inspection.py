"""Inspections of goods that came in, with their history."""

from pathlib import Path

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("depots", "0002_exercise"),
        ("vouchers", "0008_paper_fields"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalInspection",
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
                ("id", models.UUIDField(db_index=True)),
                ("position", models.BigIntegerField(verbose_name="position in the log")),
                ("version", models.IntegerField(default=1, verbose_name="version")),
                ("number", models.CharField(blank=True, max_length=40, verbose_name="number")),
                ("inspected_at", models.DateTimeField(verbose_name="inspected at")),
                ("basis", models.CharField(blank=True, max_length=200, verbose_name="on what ground")),
                ("method", models.CharField(blank=True, max_length=120, verbose_name="method")),
                (
                    "conclusion",
                    models.CharField(blank=True, max_length=1000, verbose_name="what the council concludes"),
                ),
                ("council", models.JSONField(default=list, verbose_name="council")),
                ("lines", models.JSONField(default=list, verbose_name="lines")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished at")),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("history_change_reason", models.CharField(max_length=300)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "depot",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="depots.depot",
                        verbose_name="depot",
                    ),
                ),
                (
                    "finished_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="finished by",
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
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical inspection",
                "verbose_name_plural": "historical inspections",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Inspection",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("position", models.BigIntegerField(verbose_name="position in the log")),
                ("version", models.IntegerField(default=1, verbose_name="version")),
                ("number", models.CharField(blank=True, max_length=40, verbose_name="number")),
                ("inspected_at", models.DateTimeField(verbose_name="inspected at")),
                ("basis", models.CharField(blank=True, max_length=200, verbose_name="on what ground")),
                ("method", models.CharField(blank=True, max_length=120, verbose_name="method")),
                (
                    "conclusion",
                    models.CharField(blank=True, max_length=1000, verbose_name="what the council concludes"),
                ),
                ("council", models.JSONField(default=list, verbose_name="council")),
                ("lines", models.JSONField(default=list, verbose_name="lines")),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished at")),
                ("digest", models.CharField(blank=True, max_length=64)),
                (
                    "depot",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="depots.depot",
                        verbose_name="depot",
                    ),
                ),
                (
                    "finished_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="finished by",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
            ],
            options={
                "verbose_name": "inspection",
                "verbose_name_plural": "inspections",
                "indexes": [models.Index(fields=["depot", "position"], name="inspection_of_movement")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("number", ""), _negated=True),
                        fields=("depot", "number"),
                        name="inspection_number_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("digest", ""),
                                ("finished_at__isnull", True),
                                ("finished_by__isnull", True),
                                ("number", ""),
                            ),
                            models.Q(
                                ("finished_at__isnull", False),
                                ("finished_by__isnull", False),
                                models.Q(("number", ""), _negated=True),
                                models.Q(("digest", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="inspection_finished_whole",
                    ),
                ],
            },
        ),
        migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"), migrations.RunSQL.noop),
    ]
