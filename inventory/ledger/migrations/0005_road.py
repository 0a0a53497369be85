"""What a sender still has on the road, and what was said of a consignment, without reading whole logs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_exercise")]
    operations = [
        migrations.AddIndex(
            "movement",
            models.Index(
                fields=["consignment_depot", "consignment_position"],
                name="movement_consignment",
                condition=models.Q(consignment_position__isnull=False),
            ),
        ),
        migrations.AddIndex(
            "consignmentline",
            models.Index(
                fields=["depot", "position"], name="consignment_open_sender", condition=~models.Q(in_transit=0)
            ),
        ),
    ]
