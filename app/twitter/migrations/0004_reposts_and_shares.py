from django.db import migrations, models


class Migration(migrations.Migration):
    """Columns that processes of the release before this one leave out: each has a default or may be null."""

    dependencies = [("twitter", "0003_names")]

    operations = [
        migrations.AddField("quotausage", "reads_by_site", models.JSONField(default=dict, null=True)),
        migrations.AddField("tweet", "original_id", models.BigIntegerField(null=True)),
        migrations.AddField(
            "tweet", "reposter_name", models.CharField(blank=True, db_default="", default="", max_length=200)
        ),
        migrations.AddField(
            "tweet", "reposter_username", models.CharField(blank=True, db_default="", default="", max_length=50)
        ),
        migrations.AddIndex(
            "tweet",
            models.Index(
                fields=["original_id"], name="tweet_original_id", condition=models.Q(original_id__isnull=False)
            ),
        ),
    ]
