"""Log entries of a switch had a message that Django's history page cannot read; it became an error of that page."""

from typing import Any

from django.db import migrations

UNREADABLE = '[{"changed": {"object": "Switched to it"}}]'


def mend(apps: Any, schema_editor: Any) -> None:
    entries = apps.get_model("admin", "LogEntry").objects.using(schema_editor.connection.alias)
    entries.filter(change_message=UNREADABLE).update(change_message="Switched to this site.")


class Migration(migrations.Migration):
    dependencies = [("admin", "0003_logentry_add_action_flag_choices"), ("tenancy", "0003_undeclared_sites")]

    operations = [migrations.RunPython(mend, migrations.RunPython.noop, elidable=True)]
