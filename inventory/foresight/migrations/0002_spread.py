from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("foresight", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="forecast",
            name="spread",
            field=models.DecimalField(decimal_places=3, max_digits=18, null=True),
        ),
    ]
