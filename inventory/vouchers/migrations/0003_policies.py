"""The rules of approval that hold where a depot has none of its own."""

from django.db import migrations
from django.utils import timezone

KINDS = [
    "receipt", "issue", "transfer_out", "transfer_in", "relocation", "regrade", "repurpose", "adjustment", "disposal",
    "return", "opening", "reversal",
]  # fmt: skip
# An adjustment is over when it is approved; what is to be destroyed is approved first and destroyed afterwards.
APPROVED = {"adjustment": True, "disposal": False}  # kind -> is posted on approval


def set_defaults(apps, schema_editor):
    policy, past = (apps.get_model("vouchers", name) for name in ("VoucherPolicy", "HistoricalVoucherPolicy"))
    for kind in KINDS:
        values = {"kind": kind, "needs_approval": kind in APPROVED, "posts_on_approval": APPROVED.get(kind, False)}
        made = policy.objects.create(**values)
        past.objects.create(
            id=made.pk, **values, history_date=timezone.now(), history_type="+", source="command",
            history_change_reason="Rules that hold where a depot has none of its own",
        )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("vouchers", "0002_seat_belts"), ("accounts", "0003_assignment_branches")]
    operations = [migrations.RunPython(set_defaults, migrations.RunPython.noop)]
