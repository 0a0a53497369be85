"""Forms and who prints which, with their histories."""

import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("depots", "0002_exercise"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FormTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "regime",
                    models.CharField(
                        max_length=20,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z0-9][A-Z0-9.-]{0,19}\\Z",
                                "A regime is named by capital letters, digits, points and hyphens: HCSN, DN-99.",
                            )
                        ],
                        verbose_name="regime",
                    ),
                ),
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("receipt_voucher", "receipt voucher"),
                            ("issue_voucher", "issue voucher"),
                            ("transfer_voucher", "issue and transport voucher"),
                            ("inner_voucher", "voucher inside a depot"),
                            ("stock_card", "stock card"),
                            ("inspection_report", "inspection report"),
                            ("stocktake_report", "stocktake report"),
                        ],
                        max_length=20,
                        verbose_name="form",
                    ),
                ),
                (
                    "number",
                    models.CharField(
                        blank=True, help_text="Such as 01-VT; may be empty.", max_length=30, verbose_name="form number"
                    ),
                ),
                (
                    "legal_heading",
                    models.CharField(
                        blank=True,
                        help_text="The rule that prescribes it; may be empty.",
                        max_length=200,
                        verbose_name="legal heading",
                    ),
                ),
                (
                    "title",
                    models.CharField(
                        blank=True,
                        help_text="Empty: the name of the kind of voucher.",
                        max_length=120,
                        verbose_name="title",
                    ),
                ),
                (
                    "columns",
                    models.TextField(
                        help_text="One a line: heading | what it shows | letter | width in millimetres. A slash joins headings: Quantity / Asked for. Price and amount are left out where nothing has a price.",
                        verbose_name="columns",
                    ),
                ),
                (
                    "signers",
                    models.TextField(
                        help_text="One a line, left to right: title, or title | maker, title | approver to print their name.",
                        verbose_name="places to sign",
                    ),
                ),
                ("valid_from", models.DateField(blank=True, null=True, verbose_name="valid from")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="valid to")),
            ],
            options={
                "verbose_name": "printed form",
                "verbose_name_plural": "printed forms",
                "ordering": ("regime", "form", "valid_from"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("regime", "form", "valid_from"), name="form_template_unique", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None),
                            ("valid_from", None),
                            ("valid_to__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="form_template_days_ordered",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalFormTemplate",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
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
                    "regime",
                    models.CharField(
                        max_length=20,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z0-9][A-Z0-9.-]{0,19}\\Z",
                                "A regime is named by capital letters, digits, points and hyphens: HCSN, DN-99.",
                            )
                        ],
                        verbose_name="regime",
                    ),
                ),
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("receipt_voucher", "receipt voucher"),
                            ("issue_voucher", "issue voucher"),
                            ("transfer_voucher", "issue and transport voucher"),
                            ("inner_voucher", "voucher inside a depot"),
                            ("stock_card", "stock card"),
                            ("inspection_report", "inspection report"),
                            ("stocktake_report", "stocktake report"),
                        ],
                        max_length=20,
                        verbose_name="form",
                    ),
                ),
                (
                    "number",
                    models.CharField(
                        blank=True, help_text="Such as 01-VT; may be empty.", max_length=30, verbose_name="form number"
                    ),
                ),
                (
                    "legal_heading",
                    models.CharField(
                        blank=True,
                        help_text="The rule that prescribes it; may be empty.",
                        max_length=200,
                        verbose_name="legal heading",
                    ),
                ),
                (
                    "title",
                    models.CharField(
                        blank=True,
                        help_text="Empty: the name of the kind of voucher.",
                        max_length=120,
                        verbose_name="title",
                    ),
                ),
                (
                    "columns",
                    models.TextField(
                        help_text="One a line: heading | what it shows | letter | width in millimetres. A slash joins headings: Quantity / Asked for. Price and amount are left out where nothing has a price.",
                        verbose_name="columns",
                    ),
                ),
                (
                    "signers",
                    models.TextField(
                        help_text="One a line, left to right: title, or title | maker, title | approver to print their name.",
                        verbose_name="places to sign",
                    ),
                ),
                ("valid_from", models.DateField(blank=True, null=True, verbose_name="valid from")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="valid to")),
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
            ],
            options={
                "verbose_name": "historical printed form",
                "verbose_name_plural": "historical printed forms",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRegimeChoice",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
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
                    "regime",
                    models.CharField(
                        max_length=20,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z0-9][A-Z0-9.-]{0,19}\\Z",
                                "A regime is named by capital letters, digits, points and hyphens: HCSN, DN-99.",
                            )
                        ],
                        verbose_name="regime",
                    ),
                ),
                (
                    "valid_from",
                    models.DateField(blank=True, help_text="Empty: ever.", null=True, verbose_name="valid from"),
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
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Empty: every unit for which nothing else is chosen.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="depots.organisationunit",
                        verbose_name="unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical choice of forms",
                "verbose_name_plural": "historical choices of forms",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="RegimeChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "regime",
                    models.CharField(
                        max_length=20,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z0-9][A-Z0-9.-]{0,19}\\Z",
                                "A regime is named by capital letters, digits, points and hyphens: HCSN, DN-99.",
                            )
                        ],
                        verbose_name="regime",
                    ),
                ),
                (
                    "valid_from",
                    models.DateField(blank=True, help_text="Empty: ever.", null=True, verbose_name="valid from"),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: every unit for which nothing else is chosen.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="depots.organisationunit",
                        verbose_name="unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "choice of forms",
                "verbose_name_plural": "choices of forms",
                "ordering": ("unit", "valid_from"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("unit", "valid_from"), name="regime_choice_unique", nulls_distinct=False
                    )
                ],
            },
        ),
    ]
