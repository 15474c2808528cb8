from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0006_audit_entries")]

    operations = [
        migrations.CreateModel(
            name="PendingHost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site_id", models.BigIntegerField(db_index=True)),
                ("host", models.CharField(max_length=255, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name="ReleasedHost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site_id", models.BigIntegerField(db_index=True)),
                ("host", models.CharField(max_length=255, unique=True)),
                ("released_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
