"""Papers as first printed and the count of prints; the form of handovers, and a place for a second approver's name."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

FORMS = [
    ("receipt_voucher", "receipt voucher"),
    ("issue_voucher", "issue voucher"),
    ("transfer_voucher", "issue and transport voucher"),
    ("inner_voucher", "voucher inside a depot"),
    ("stock_card", "stock card"),
    ("inspection_report", "inspection report"),
    ("stocktake_report", "stocktake report"),
    ("handover_report", "handover report"),
    ("report", "report"),
]
HANDOVER = """STT | no | A | 12
Tên, nhãn hiệu, quy cách, phẩm chất vật tư | goods | B | 52
Mã số | code | C | 34
ĐVT | unit | D | 14
Số lượng | done | 1 | 24
Cấp chất lượng | grade | 2 | 20
Lô, hạn dùng | lots | E | 40
Ghi chú | note | F | 30"""
HANDOVER_SIGNERS = "Đại diện bên giao\nĐại diện bên nhận\nNgười chứng kiến"
SECOND = "Người duyệt thứ hai | seconder"
SECONDED = ("issue_voucher", "transfer_voucher", "inner_voucher")
SIGNERS_HELP = (
    "One a line, left to right: title, or title | maker, title | approver, title | seconder to print their name. "
    "The place of a second approver is printed where there was one."
)


def note(past, row, sign, why):
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}  # noqa: SLF001
    past.objects.create(
        **values, history_date=timezone.now(), history_type=sign, source="command", history_change_reason=why
    )


def fill(apps, schema_editor):
    template, past = (apps.get_model("printing", name) for name in ("FormTemplate", "HistoricalFormTemplate"))
    for regime in ("HCSN", "DN-99"):
        made = template.objects.create(
            regime=regime, form="handover_report", title="Biên bản giao nhận", columns=HANDOVER,
            signers=HANDOVER_SIGNERS,
        )  # fmt: skip
        note(past, made, "+", "Form of handovers")
    changed = past.objects.exclude(history_user=None).values("id")  # a form that somebody made their own stays
    for row in template.objects.filter(form__in=SECONDED).exclude(pk__in=changed):
        row.signers = f"{row.signers.rstrip()}\n{SECOND}"
        row.save()
        note(past, row, "~", "The second approver's place")


class Migration(migrations.Migration):
    dependencies = [
        ("printing", "0004_report"),
        ("depots", "0002_exercise"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        *(
            migrations.AlterField(model_name=model, name=name, field=field)
            for model in ("formtemplate", "historicalformtemplate")
            for name, field in (
                ("form", models.CharField(choices=FORMS, max_length=20, verbose_name="form")),
                ("signers", models.TextField(help_text=SIGNERS_HELP, verbose_name="places to sign")),
            )
        ),
        migrations.CreateModel(
            name="KeptPaper",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(max_length=120, verbose_name="subject")),
                ("form", models.CharField(choices=FORMS, max_length=20, verbose_name="form")),
                ("language", models.CharField(max_length=2, verbose_name="language")),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                ("content", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField(verbose_name="made at")),
                (
                    "depot",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="depots.depot",
                        verbose_name="depot",
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
                "verbose_name": "kept paper",
                "verbose_name_plural": "kept papers",
                "indexes": [models.Index(fields=["sha256"], name="kept_paper_sha256")],
                "constraints": [
                    models.UniqueConstraint(fields=("subject", "form", "language"), name="kept_paper_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="PrintedCopy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(max_length=120, verbose_name="subject")),
                ("copy", models.IntegerField()),
                ("printed_at", models.DateTimeField()),
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
                    models.UniqueConstraint(fields=("subject", "copy"), name="paper_copy_unique"),
                    models.CheckConstraint(condition=models.Q(("copy__gte", 1)), name="paper_copy_from_1"),
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE printing_keptpaper ADD CONSTRAINT kept_paper_is_what_was_printed "
            "CHECK (sha256 = encode(sha256(content), 'hex'));"
            "SELECT make_append_only('printing_keptpaper');"
            "SELECT make_append_only('printing_printedcopy');",
            "DROP TRIGGER append_only ON printing_keptpaper;"
            "DROP TRIGGER append_only ON printing_printedcopy;"
            "ALTER TABLE printing_keptpaper DROP CONSTRAINT kept_paper_is_what_was_printed;",
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
