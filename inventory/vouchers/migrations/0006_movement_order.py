"""Which movement order a voucher was made from."""

from pathlib import Path

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vouchers", "0005_printed_copies"), ("ledger", "0006_promises")]
    operations = [
        *(
            migrations.AddField(
                model_name=model,
                name="movement_order",
                field=models.UUIDField(editable=False, null=True, verbose_name="movement order"),
            )
            for model in ("voucher", "historicalvoucher")
        ),
        migrations.AddIndex(
            model_name="voucher",
            index=models.Index(
                condition=models.Q(("movement_order__isnull", False)),
                fields=["movement_order"],
                name="voucher_of_order",
            ),
        ),
        migrations.RunSQL(
            Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"),
            "DROP TRIGGER voucher_keeps_order ON vouchers_voucher; DROP FUNCTION refuse_other_order();",
        ),
    ]
