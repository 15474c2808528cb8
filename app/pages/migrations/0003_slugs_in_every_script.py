import django.db.models.deletion
from django.db import migrations, models

import app.publishing.slugs


class Migration(migrations.Migration):
    dependencies = [("pages", "0002_managers")]

    operations = [
        migrations.AlterField(
            model_name="page",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="children",
                to="pages.page",
                verbose_name="parent",
            ),
        ),
        migrations.AlterField(
            model_name="page",
            name="slug",
            field=models.CharField(
                blank=True,
                help_text="The page's part of the address, in any script. Empty below another page: made from the title. Empty without a parent: this will be the home page.",
                max_length=80,
                validators=[app.publishing.slugs.validate_slug],
                verbose_name="slug",
            ),
        ),
    ]
