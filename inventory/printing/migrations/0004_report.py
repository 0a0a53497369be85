"""The form of reports: who signs them, in both regimes."""

from django.db import migrations, models
from django.utils import timezone

COLUMNS = """STT | no | | 12
Nội dung | goods | | 120
Mã số | code | | 40
ĐVT | unit | | 20
Ghi chú | note | | 60"""
SIGNERS = "Người lập báo cáo\nChủ nhiệm kho\nThủ trưởng đơn vị"
FORMS = [
    ("receipt_voucher", "receipt voucher"),
    ("issue_voucher", "issue voucher"),
    ("transfer_voucher", "issue and transport voucher"),
    ("inner_voucher", "voucher inside a depot"),
    ("stock_card", "stock card"),
    ("inspection_report", "inspection report"),
    ("stocktake_report", "stocktake report"),
    ("report", "report"),
]


def fill(apps, schema_editor):
    template, past = (apps.get_model("printing", name) for name in ("FormTemplate", "HistoricalFormTemplate"))
    for regime in ("HCSN", "DN-99"):
        values = {"regime": regime, "form": "report", "title": "Báo cáo", "columns": COLUMNS, "signers": SIGNERS}
        made = template.objects.create(**values)
        past.objects.create(
            id=made.pk, **values, history_date=timezone.now(), history_type="+", source="command",
            history_change_reason="Form of reports",
        )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("printing", "0003_widths")]
    operations = [
        migrations.AlterField(
            model_name=model,
            name="form",
            field=models.CharField(choices=FORMS, max_length=20, verbose_name="form"),
        )
        for model in ("formtemplate", "historicalformtemplate")
    ] + [migrations.RunPython(fill, migrations.RunPython.noop)]
