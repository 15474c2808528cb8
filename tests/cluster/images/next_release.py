"""Turns a release into the next one, in the image: one more migration, and one sentence on each page."""

from pathlib import Path

SENTENCE = "<p>This is the next release.</p>"
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pages", "{latest}")]
    operations = [migrations.AddField("page", "next_release", models.TextField(null=True))]
"""

app = Path("/app/app")
migrations = app / "pages" / "migrations"
latest = max(file.stem for file in migrations.glob("0*.py"))
(migrations / f"{int(latest[:4]) + 1:04}_next_release.py").write_text(MIGRATION.format(latest=latest))
changed = 0
for template in app.glob("themes/*/templates/base.html"):
    text = template.read_text()
    changed += text.count("</body>")
    template.write_text(text.replace("</body>", f"{SENTENCE}</body>"))
assert changed, "no template has a body"
