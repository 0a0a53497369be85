"""Vouchers that stay, in the database."""

from pathlib import Path

from django.db import migrations

REVERSE = """
DROP TRIGGER append_only ON vouchers_historicalvoucher;
DROP TRIGGER append_only ON vouchers_historicalvoucherpolicy;
ALTER TABLE vouchers_voucher DROP CONSTRAINT voucher_movement_fk;
DROP FUNCTION refuse_change_of_voucher() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("vouchers", "0001_initial"), ("ledger", "0002_seat_belts")]
    operations = [migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"), REVERSE)]
