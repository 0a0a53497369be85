"""Indexes that hold what past balances are made of, so that the rows themselves need not be visited."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_verification")]
    operations = [
        migrations.RemoveIndex(model_name="movementline", name="line_pile_by_day"),
        migrations.AddIndex(
            model_name="movementline",
            index=models.Index(
                fields=["depot", "holding", "occurred_at"], include=["position", "change"], name="line_pile_by_day"
            ),
        ),
        migrations.RemoveIndex(model_name="closingbalance", name="closing_of_item"),
        migrations.AddIndex(
            model_name="closingbalance",
            index=models.Index(
                fields=["item", "depot", "month_date"], include=["holding", "closing"], name="closing_of_item"
            ),
        ),
    ]
