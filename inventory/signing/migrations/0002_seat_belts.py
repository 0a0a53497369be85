"""Signed papers and scans that stay, in the database."""

from pathlib import Path

from django.db import migrations

REVERSE = """
ALTER TABLE signing_scan DROP CONSTRAINT scan_digest;
ALTER TABLE signing_signedpaper DROP CONSTRAINT signed_paper_digest;
DROP TRIGGER append_only ON signing_historicalsignaturepicture;
DROP TRIGGER append_only ON signing_historicalseal;
DROP TRIGGER append_only ON signing_scanwithdrawal;
DROP TRIGGER append_only ON signing_scan;
DROP TRIGGER append_only ON signing_signedpaper;
"""


class Migration(migrations.Migration):
    dependencies = [("signing", "0001_initial"), ("ledger", "0002_seat_belts")]
    operations = [migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"), REVERSE)]
