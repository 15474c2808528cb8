from app.extension import SiteAppConfig


class ThirdPartyConfig(SiteAppConfig):
    name = "tests.third_party"
    menu_targets = ("tests.third_party.targets.labels",)
