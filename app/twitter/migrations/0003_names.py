from django.db import migrations, models


class Migration(migrations.Migration):
    """Changes names in Python and texts only: tables and columns stay as they are."""

    dependencies = [("twitter", "0002_managers")]

    operations = [
        migrations.AlterModelTable(name="spending", table="twitter_spending"),
        migrations.RenameModel(old_name="Spending", new_name="QuotaUsage"),
        migrations.AlterField(
            model_name="knownaccount", name="number", field=models.BigIntegerField(db_column="number")
        ),
        migrations.RenameField(model_name="knownaccount", old_name="number", new_name="remote_id"),
        migrations.AlterField(
            model_name="feed",
            name="value",
            field=models.CharField(
                help_text="A user name or address, a list's id or address, or a search query.",
                max_length=512,
                verbose_name="value",
            ),
        ),
        migrations.AlterField(
            model_name="feed",
            name="requested_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="poll requested"),
        ),
        migrations.AlterField(
            model_name="feed",
            name="is_default",
            field=models.BooleanField(
                default=False, help_text="Shown where a template names no feed.", verbose_name="default feed"
            ),
        ),
        migrations.AlterConstraint(
            model_name="feed",
            name="a_site_has_one_default_feed",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)),
                fields=("site",),
                name="a_site_has_one_default_feed",
                violation_error_message="Another feed is the site's default feed already.",
            ),
        ),
    ]
