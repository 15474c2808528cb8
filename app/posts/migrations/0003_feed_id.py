"""Entries of feeds keep their ids when a domain changes. Posts that are there keep the id that readers know."""

from typing import Any

from django.db import migrations, models
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

import app.posts.models


def take_ids(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    posts = apps.get_model("posts", "Post").objects.using(alias).filter(feed_id="")
    for pk, domain in apps.get_model("sites", "Site").objects.using(alias).values_list("pk", "domain"):
        known = Concat(Value(f"tag:{domain},2026:post-"), Cast("pk", CharField()))
        posts.filter(site_id=pk).update(feed_id=known)


class Migration(migrations.Migration):
    dependencies = [("posts", "0002_in_sitemap_help_text"), ("sites", "0002_alter_domain_unique")]

    operations = [
        migrations.AddField(
            model_name="post",
            name="feed_id",
            field=models.CharField(db_default="", default=app.posts.models.new_feed_id, editable=False, max_length=300),
        ),
        migrations.RunPython(take_ids, migrations.RunPython.noop, elidable=True),
    ]
