from django.db import migrations, models

import app.pages.addresses


class Migration(migrations.Migration):
    dependencies = [("pages", "0006_page_image")]

    operations = [
        migrations.AddField(
            model_name="page",
            name="login_required",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Only people with a role on this site see the page, after they sign in. Its title is still "
                "shown in menus. Pages below this one are not included.",
                verbose_name="for signed-in people only",
            ),
        ),
        migrations.AddField(
            model_name="page",
            name="own_path",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="An address that does not follow the tree, such as /landing/summer/. Empty for most pages. "
                "The addresses of pages below this one begin with it.",
                max_length=500,
                validators=[app.pages.addresses.validate_own_path],
                verbose_name="own path",
            ),
        ),
    ]
