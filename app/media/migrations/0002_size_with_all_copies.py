"""`size` was of all that is stored for a file; it is of the file alone from now on."""

from typing import Any

from django.db import migrations, models


def take_size(apps: Any, schema_editor: Any) -> None:
    files = apps.get_model("media", "MediaFile").objects.using(schema_editor.connection.alias)
    files.filter(stored_size=0).update(stored_size=models.F("size"))


class Migration(migrations.Migration):
    dependencies = [("media", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="mediafile",
            name="stored_size",
            field=models.PositiveBigIntegerField(
                db_default=0, default=0, editable=False, verbose_name="size with all copies"
            ),
        ),
        migrations.RunPython(take_size, migrations.RunPython.noop, elidable=True),
    ]
