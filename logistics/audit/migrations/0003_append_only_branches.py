"""The history of an assignment's branches is append-only like every other."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only"), ("accounts", "0003_assignment_branches")]
    operations = [
        migrations.RunSQL(
            "SELECT make_append_only('accounts_historicalassignment_supply_classes');",
            "DROP TRIGGER append_only ON accounts_historicalassignment_supply_classes;",
        )
    ]
