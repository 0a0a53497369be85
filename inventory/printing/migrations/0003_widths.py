"""Room for a lot with its last day of use on one line, and for the heading of the first column on upright sheets."""

from django.db import migrations
from django.utils import timezone

WIDER = [
    ("STT | no | A | 10\n", "STT | no | A | 12\n"),
    ("STT | no | A | 8\n", "STT | no | A | 12\n"),
    ("phẩm chất vật tư | goods | B | 58\n", "phẩm chất vật tư | goods | B | 52\n"),
    ("ĐVT | unit | D | 16\n", "ĐVT | unit | D | 14\n"),
    (" | planned | 1 | 24\n", " | planned | 1 | 26\n"),
    (" | done | 2 | 24\n", " | done | 2 | 26\n"),
    ("Lô, hạn dùng | lots | E | 36", "Lô, hạn dùng | lots | E | 44"),
]


def widen(apps, schema_editor):
    template, past = (apps.get_model("printing", name) for name in ("FormTemplate", "HistoricalFormTemplate"))
    changed = past.objects.exclude(history_user=None).values("id")  # a form that somebody made their own stays
    for row in template.objects.exclude(pk__in=changed):
        before = row.columns
        for old, new in WIDER:
            row.columns = row.columns.replace(old, new)
        if row.columns == before:
            continue
        row.save()
        values = {field.attname: getattr(row, field.attname) for field in template._meta.concrete_fields}  # noqa: SLF001
        past.objects.create(
            **values, history_date=timezone.now(), history_type="~", source="command",
            history_change_reason="Widths of columns, after looking at the sheets",
        )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("printing", "0002_forms")]
    operations = [migrations.RunPython(widen, migrations.RunPython.noop)]
