from app.extension import SiteAppConfig


class PagesConfig(SiteAppConfig):
    name = "app.pages"
    sitemaps = ("app.pages.sitemaps.PagesSitemap",)

    def ready(self) -> None:
        from app.pages.models import find_published
        from app.pages.samples import SAMPLES
        from app.redirects import served
        from app.themes.samples import register_sample

        served.register(lambda path: find_published(path) is not None)
        for sample in SAMPLES:
            register_sample(sample)
