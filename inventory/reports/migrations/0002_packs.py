"""Meeting packs, and what closed ones say."""

import uuid
from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

STATEMENTS = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
BACK = """
DROP TRIGGER closed_pack ON reports_pack;
DROP FUNCTION refuse_closed_pack();
DROP TRIGGER append_only ON reports_historicalpack;
DROP TRIGGER append_only ON reports_packcontent;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_balances"),
        ("ledger", "0002_seat_belts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Pack",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("meeting_date", models.DateField(verbose_name="day of the meeting")),
                (
                    "as_of",
                    models.DateTimeField(blank=True, null=True, verbose_name="figures at, by the date of the voucher"),
                ),
                (
                    "recorded_as_of",
                    models.DateTimeField(blank=True, null=True, verbose_name="figures at, by the time of recording"),
                ),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                ("parts", models.JSONField(default=list, verbose_name="reports")),
                (
                    "depots",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        editable=False,
                        size=None,
                        verbose_name="depots",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed at")),
                (
                    "closed_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="closed by",
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
                "verbose_name": "meeting pack",
                "verbose_name_plural": "meeting packs",
                "ordering": ("-meeting_date", "-made_at"),
            },
        ),
        migrations.CreateModel(
            name="HistoricalPack",
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
                ("id", models.UUIDField(db_index=True, default=uuid.uuid4, editable=False)),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("meeting_date", models.DateField(verbose_name="day of the meeting")),
                (
                    "as_of",
                    models.DateTimeField(blank=True, null=True, verbose_name="figures at, by the date of the voucher"),
                ),
                (
                    "recorded_as_of",
                    models.DateTimeField(blank=True, null=True, verbose_name="figures at, by the time of recording"),
                ),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                ("parts", models.JSONField(default=list, verbose_name="reports")),
                (
                    "depots",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        editable=False,
                        size=None,
                        verbose_name="depots",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed at")),
                ("history_change_reason", models.CharField(max_length=300)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="closed by",
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
                "verbose_name": "historical meeting pack",
                "verbose_name_plural": "historical meeting packs",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="PackContent",
            fields=[
                (
                    "pack",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="content",
                        serialize=False,
                        to="reports.pack",
                    ),
                ),
                ("results", models.JSONField()),
                ("digest", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.AddConstraint(
            model_name="pack",
            constraint=models.CheckConstraint(
                condition=models.Q(("as_of__isnull", False), ("recorded_as_of__isnull", False), _connector="OR"),
                name="pack_is_of_an_instant",
            ),
        ),
        migrations.AddConstraint(
            model_name="pack",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("closed_by__isnull", True)),
                    models.Q(("closed_at__isnull", False), ("closed_by__isnull", False)),
                    _connector="OR",
                ),
                name="pack_closed_by_somebody",
            ),
        ),
        migrations.RunSQL(STATEMENTS, BACK),
    ]
