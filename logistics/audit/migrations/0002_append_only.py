"""Histories, read records and acknowledgements are append-only, like the log."""

from django.db import migrations

TABLES = [
    "audit_accessrecord",
    "exports_acknowledgement",
    "exports_runrange",
    "accounts_historicaluser",
    "accounts_historicalassignment",
    "accounts_historicaltoken",
    "depots_historicalprovince",
    "depots_historicalorganisationunit",
    "depots_historicaldepot",
    "depots_historicalbin",
    "catalogue_historicalsupplyclass",
    "catalogue_historicalitemgroup",
    "catalogue_historicalunit",
    "catalogue_historicaldangerousgood",
    "catalogue_historicalqualitygrade",
    "catalogue_historicalreservepurpose",
    "catalogue_historicalitem",
    "catalogue_historicalpackaging",
    "catalogue_historicallot",
]


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
        ("exports", "0001_initial"),
        ("accounts", "0001_initial"),
        ("depots", "0001_initial"),
        ("catalogue", "0001_initial"),
        ("ledger", "0002_seat_belts"),
    ]
    operations = [
        migrations.RunSQL(
            "".join(f"SELECT make_append_only('{table}');\n" for table in TABLES),
            "".join(f"DROP TRIGGER append_only ON {table};\n" for table in TABLES),
        )
    ]
