"""Orders and requisitions that stay, in the database."""

from pathlib import Path

from django.db import migrations

REVERSE = """
DROP TRIGGER append_only ON requisitions_historicalrequisition;
DROP TRIGGER append_only ON requisitions_historicalmovementorder;
DROP TRIGGER append_only ON requisitions_historicalapprovallevel;
ALTER TABLE vouchers_voucher DROP CONSTRAINT voucher_movement_order_fk;
DROP FUNCTION refuse_change_of_order() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("requisitions", "0001_initial"),
        ("ledger", "0002_seat_belts"),
        ("vouchers", "0006_movement_order"),
    ]
    operations = [migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"), REVERSE)]
