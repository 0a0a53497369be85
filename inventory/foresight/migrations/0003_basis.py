from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("foresight", "0002_spread"),
    ]

    operations = [
        migrations.RenameField(
            model_name="consumptionnorm",
            old_name="source",
            new_name="basis",
        ),
        migrations.AddField(
            model_name="historicalconsumptionnorm",
            name="basis",
            field=models.CharField(blank=True, max_length=200, verbose_name="by which decision"),
        ),
        migrations.AlterField(
            model_name="historicalconsumptionnorm",
            name="source",
            field=models.CharField(
                choices=[
                    ("web", "web"),
                    ("api", "API"),
                    ("import", "import"),
                    ("command", "command"),
                    ("posting", "posting"),
                ],
                max_length=8,
            ),
        ),
    ]
