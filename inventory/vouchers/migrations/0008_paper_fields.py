"""What carries the goods and which papers go with them; prints are counted with the kept papers."""

from pathlib import Path

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vouchers", "0007_second_approval"), ("printing", "0005_kept_papers")]
    operations = [
        *(
            migrations.AddField(
                model_name=model,
                name=name,
                field=models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name=label),
            )
            for model in ("voucher", "historicalvoucher")
            for name, label in (
                ("vehicle", "vehicle and plate"),
                ("source_documents", "source documents attached"),
            )
        ),
        migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"), migrations.RunSQL.noop),
        migrations.DeleteModel(name="PrintedCopy"),
    ]
