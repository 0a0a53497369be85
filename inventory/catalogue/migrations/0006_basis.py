"""The document that figures of liquid fuel come from; a history's own `source` is the door a change came through."""

from django.db import migrations, models

_BASIS = models.CharField(default="", max_length=240, verbose_name="document it comes from")
_DOOR = models.CharField(
    choices=[("web", "web"), ("api", "API"), ("import", "import"), ("command", "command"), ("posting", "posting")],
    max_length=8,
)


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0005_fuel")]
    operations = [
        migrations.AlterField("historicalconversion", "source", _DOOR.clone()),
        migrations.AlterField("historicallossrate", "source", _DOOR.clone()),
        migrations.RenameField("conversion", "source", "basis"),
        migrations.RenameField("lossrate", "source", "basis"),
        migrations.AddField("historicalconversion", "basis", _BASIS.clone(), preserve_default=False),
        migrations.AddField("historicallossrate", "basis", _BASIS.clone(), preserve_default=False),
    ]
