"""What a file's rows mean, in a digest; who submitted and who wrote it stand wherever its state says so."""

from pathlib import Path

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("openings", "0005_story")]
    operations = [
        migrations.AddField("upload", "rows_digest", models.CharField(blank=True, db_index=True, max_length=64)),
        migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"), migrations.RunSQL.noop),
        migrations.AddConstraint(
            "upload",
            models.CheckConstraint(
                condition=~Q(state="submitted") | Q(submitted_by__isnull=False, submitted_at__isnull=False),
                name="upload_submitted_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            "upload",
            models.CheckConstraint(
                condition=Q(state="posted", posted_at__isnull=False) | (~Q(state="posted") & Q(posted_at=None)),
                name="upload_posted_when_written",
            ),
        ),
    ]
