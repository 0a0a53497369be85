"""The document that a gauge table comes from; a history's own `source` is the door a change came through."""

from django.db import migrations, models

_DOOR = models.CharField(
    choices=[("web", "web"), ("api", "API"), ("import", "import"), ("command", "command"), ("posting", "posting")],
    max_length=8,
)


class Migration(migrations.Migration):
    dependencies = [("depots", "0004_tanks")]
    operations = [
        migrations.AlterField("historicalgaugetable", "source", _DOOR),
        migrations.RenameField("gaugetable", "source", "basis"),
        migrations.AddField(
            "historicalgaugetable",
            "basis",
            models.CharField(default="", max_length=240, verbose_name="document it comes from"),
            preserve_default=False,
        ),
    ]
