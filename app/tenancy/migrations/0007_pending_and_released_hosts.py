from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0006_audit_entries")]

    operations = [
        migrations.CreateModel(
            name="PendingHost",
            fields=[
                ("host", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("site_id", models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="ReleasedHost",
            fields=[
                ("host", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("site_id", models.BigIntegerField(db_index=True)),
                ("released_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
