import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

import app.pages.deletion
import app.pages.links


class Migration(migrations.Migration):
    dependencies = [("pages", "0003_slugs_in_every_script")]

    operations = [
        migrations.AddField(
            model_name="page",
            name="kind",
            field=models.CharField(
                db_default="pages.page", default="pages.page", editable=False, max_length=200, verbose_name="kind"
            ),
        ),
        migrations.AlterField(
            model_name="page",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=app.pages.deletion.keep_what_is_below,
                related_name="children",
                to="pages.page",
                verbose_name="parent",
            ),
        ),
        migrations.CreateModel(
            name="LinkPage",
            fields=[
                (
                    "page_ptr",
                    models.OneToOneField(
                        auto_created=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        parent_link=True,
                        primary_key=True,
                        serialize=False,
                        to="pages.page",
                    ),
                ),
                (
                    "address",
                    app.pages.links.AddressField(
                        blank=True,
                        help_text="Of another site, with https://, or a path of this site such as /about/.",
                        max_length=500,
                        verbose_name="address",
                    ),
                ),
                (
                    "target",
                    models.CharField(blank=True, help_text="A page of an app.", max_length=200, verbose_name="target"),
                ),
            ],
            options={"verbose_name": "link", "verbose_name_plural": "links"},
            bases=("pages.page",),
            managers=[("objects", django.db.models.manager.Manager()), ("linking", django.db.models.manager.Manager())],
        ),
    ]
