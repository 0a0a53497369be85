"""What people call the document that stock is promised to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_road")]
    operations = [
        migrations.AddField(
            model_name="allocation",
            name="document",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
    ]
