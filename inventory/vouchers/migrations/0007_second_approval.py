"""Two approvers for what leaves a ring-fenced reserve."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q
from django.utils import timezone

WAITS_OR_DECIDED = ["submitted", "approved", "posted", "rejected"]


def let_mistakes_be_undone(apps, schema_editor):
    """A reversal puts a mistake right: no goods move, and it says who and why. Who wants two approvers may say so."""
    policy, past = (apps.get_model("vouchers", name) for name in ("VoucherPolicy", "HistoricalVoucherPolicy"))
    for rule in policy.objects.filter(kind="reversal"):
        rule.second_if_ring_fenced = False
        rule.save()
        names = ("id", "depot_id", "kind", "needs_approval", "posts_on_approval", "second_if_ring_fenced")
        past.objects.create(
            **{name: getattr(rule, name) for name in names}, history_date=timezone.now(), history_type="~",
            source="command",
            history_change_reason="Undoing a mistake needs no second approver",
        )  # fmt: skip


def on_both(name, field):
    """Add a field to the table of vouchers and to its history."""
    return [migrations.AddField(model_name=model, name=name, field=field) for model in ("voucher", "historicalvoucher")]


class Migration(migrations.Migration):
    dependencies = [
        ("vouchers", "0006_movement_order"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.RemoveConstraint(model_name="voucher", name="voucher_maker_is_not_approver"),
        *on_both(
            "needs_second",
            models.BooleanField(default=False, editable=False, verbose_name="needs a second approver"),
        ),
        *on_both("seconded_at", models.DateTimeField(null=True, verbose_name="second approval at")),
        migrations.AddField(
            model_name="historicalvoucher",
            name="seconded_by",
            field=models.ForeignKey(
                blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="second approval by",
            ),
        ),
        migrations.AddField(
            model_name="voucher",
            name="seconded_by",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to=settings.AUTH_USER_MODEL, verbose_name="second approval by",
            ),
        ),
        *(
            migrations.AddField(
                model_name=model,
                name="second_if_ring_fenced",
                field=models.BooleanField(
                    default=True,
                    help_text=(
                        "What takes from a ring-fenced reserve is approved by two people, whatever else the rule says."
                    ),
                    verbose_name="needs two approvers for ring-fenced reserves",
                ),
            )
            for model in ("voucherpolicy", "historicalvoucherpolicy")
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.CheckConstraint(
                condition=~Q(status__in=WAITS_OR_DECIDED)
                | Q(decided_by__isnull=True)
                | (
                    ~Q(decided_by=F("made_by")) & ~Q(decided_by=F("changed_by")) & ~Q(decided_by=F("submitted_by"))
                ),
                name="voucher_maker_is_not_approver",
            ),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.CheckConstraint(
                condition=Q(needs_second=False)
                | ~Q(status__in=["approved", "posted"])
                | Q(seconded_by__isnull=False),
                name="voucher_ring_fence_seconded",
            ),
        ),
        migrations.AddConstraint(
            model_name="voucher",
            constraint=models.CheckConstraint(
                condition=~Q(status__in=["submitted", "approved", "posted"])
                | Q(seconded_by__isnull=True)
                | (
                    Q(decided_by__isnull=False)
                    & ~Q(seconded_by=F("decided_by"))
                    & ~Q(seconded_by=F("made_by"))
                    & ~Q(seconded_by=F("changed_by"))
                    & ~Q(seconded_by=F("submitted_by"))
                ),
                name="voucher_second_is_another",
            ),
        ),
        migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"), migrations.RunSQL.noop),
        migrations.RunPython(let_mistakes_be_undone, migrations.RunPython.noop),
    ]  # fmt: skip
