from django.utils.translation import gettext_lazy as _

from app.extension import SiteAppConfig


class PostsConfig(SiteAppConfig):
    name = "app.posts"
    verbose_name = _("Blog")
    per_site = True
    url_prefix = "blog/"
    sitemaps = ("app.posts.sitemaps.PostsSitemap",)
    menu_targets = ("app.posts.menu.targets",)

    def ready(self) -> None:
        from app.posts.addresses import served_among
        from app.posts.models import Post
        from app.posts.samples import samples
        from app.posts.views import page_of_post
        from app.publishing.previews.showing import register_page
        from app.redirects import served
        from app.themes.samples import register_sample

        served.register(served_among)
        register_page(Post, page_of_post)
        for sample in samples():
            register_sample(sample)
