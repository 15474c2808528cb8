from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("backups", "0001_initial")]

    operations = [
        migrations.AddField("BackupRecord", "began_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "BackupRecord", "deployment", models.CharField(blank=True, db_default="", default="", max_length=32)
        ),
    ]
