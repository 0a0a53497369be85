"""The head of a council is named on its report."""

from django.db import migrations, models
from django.utils import timezone

CHAIRS = {"stocktake_report": "Trưởng ban kiểm kê", "inspection_report": "Trưởng ban"}


def name_chairs(apps, schema_editor):
    template, past = (apps.get_model("printing", name) for name in ("FormTemplate", "HistoricalFormTemplate"))
    changed = past.objects.exclude(history_user=None).values("id")  # a form that somebody made their own stays
    for row in template.objects.filter(form__in=CHAIRS).exclude(pk__in=changed):
        title = CHAIRS[row.form]
        row.signers = "\n".join(f"{one} | chair" if one == title else one for one in row.signers.splitlines())
        row.save()
        values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}  # noqa: SLF001
        past.objects.create(
            **values, history_date=timezone.now(), history_type="~", source="command",
            history_change_reason="The head of the council is named",
        )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("printing", "0005_kept_papers")]
    operations = [
        *(
            migrations.AlterField(
                model_name=model,
                name="signers",
                field=models.TextField(
                    help_text=(
                        "One a line, left to right: title, or title | maker, | approver, | seconder, | chair to print "
                        "their name. The place of a second approver is printed where there was one."
                    ),
                    verbose_name="places to sign",
                ),
            )
            for model in ("formtemplate", "historicalformtemplate")
        ),
        migrations.RunPython(name_chairs, migrations.RunPython.noop),
    ]
