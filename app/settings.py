"""Every setting comes from the environment (docs/settings.md). A process with a bad value does not start."""

from pathlib import Path
from urllib.parse import quote

import django_stubs_ext
from django.conf.global_settings import LANGUAGES
from django.core.management.utils import get_random_secret_key
from environs import ValidationError, validate

from app import databases, extra_apps, parsers
from app.env import read_or_create_secret
from app.observability import logs
from app.sign_in import configuration as sign_in
from app.sign_in.oidc import configuration as oidc

django_stubs_ext.monkeypatch()  # makes forms.ModelForm[Site] and the like valid at run time

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = BASE_DIR / "var"
EMBEDDED_DATABASE = f"sqlite:///{quote(str(VAR / 'db.sqlite3'))}"
PRIVATE_NETWORKS = [
    "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7",
]  # fmt: skip


env = parsers.environment()
NON_NEGATIVE = validate.Range(min=0)
POSITIVE = validate.Range(min=1)
HTTP_URL = validate.URL(require_tld=False, schemes={"http", "https"})

# Process
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.secret_key("SECRET_KEY", "", may_be_weak=DEBUG)
SECRET_KEY_FALLBACKS: list[str] = env.secret_keys("SECRET_KEY_FALLBACKS", [], may_be_weak=DEBUG)
LOG_FORMAT = env.str("LOG_FORMAT", "console", validate=validate.OneOf(logs.FORMATS))
LOG_LEVEL = env.str("LOG_LEVEL", "INFO", validate=validate.OneOf(logs.LEVELS))
# gunicorn reads these itself (docker/gunicorn.conf.py); a bad one is reported here with the rest.
WEB_CONCURRENCY = env.int("WEB_CONCURRENCY", 2, validate=POSITIVE)
WEB_THREADS = env.int("WEB_THREADS", 4, validate=POSITIVE)
METRICS_PORT = env.int("METRICS_PORT", 9090, validate=validate.Range(min=0, max=65535))
env.refuse_files(("BIND", "WEB_CONCURRENCY", "WEB_THREADS", "METRICS_PORT"))

# Data
DATABASE = env.database_url("DATABASE_URL", EMBEDDED_DATABASE)
OWNER = env.optional_database_url("MIGRATE_DATABASE_URL", "")
ROW_SECURITY = env.bool("DATABASE_ROW_SECURITY", False)
if ROW_SECURITY and DATABASE and (fault := databases.fault_of_row_security(DATABASE, OWNER)):
    env.add_error("DATABASE_ROW_SECURITY", fault)
CACHE = env.cache_url("CACHE_URL", "locmem://colonnade")
DATABASE_WAIT_SECONDS = env.int("DATABASE_WAIT_SECONDS", 60, validate=NON_NEGATIVE)
MEDIA_ROOT = env.path("MEDIA_ROOT", VAR / "media")
STORAGE = env.storage_url("STORAGE_URL", "")
BACKUP = env.backup_target("BACKUP_TARGET", "")
MEDIA_MAX_MB = env.int("MEDIA_MAX_MB", 20, validate=POSITIVE)
MEDIA_SITE_MAX_MB = env.int("MEDIA_SITE_MAX_MB", 0, validate=NON_NEGATIVE)

# Sites and the proxies in front of them
DEFAULT_SITE_ID = env.int("SITE_ID", 1, validate=POSITIVE)
SITE_DOMAIN = env.domain("SITE_DOMAIN", "localhost")
MEZZANINE_SITE_ID = env.int("MEZZANINE_SITE_ID", None, validate=POSITIVE)
ADMIN_HOSTS = env.domains("ADMIN_HOSTS", "") or []
LISTED_HOSTS = [*(env.domains("ALLOWED_HOSTS", "") or []), *ADMIN_HOSTS]
ANALYTICS_HOSTS = env.domains("ANALYTICS_HOSTS", "") or []
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES", PRIVATE_NETWORKS)
PROXY_HOPS = env.int("PROXY_HOPS", 1, validate=POSITIVE)
DOMAIN_PROOF = env.bool("DOMAIN_PROOF", False)
DOMAIN_QUARANTINE_DAYS = env.int("DOMAIN_QUARANTINE_DAYS", 30, validate=NON_NEGATIVE)
DNS_SERVERS = env.dns_servers("DNS_SERVERS", "")
SITES_REFRESH_SECONDS = env.float("SITES_REFRESH_SECONDS", 1.0, validate=NON_NEGATIVE)
PAGE_CACHE_SECONDS = env.int("PAGE_CACHE_SECONDS", 0 if DEBUG else 300, validate=NON_NEGATIVE)
PAGE_CACHE_MB = env.int("PAGE_CACHE_MB", 32, validate=NON_NEGATIVE)
REDIRECT_TO_HTTPS = env.bool("SECURE_SSL_REDIRECT", False)
SSL_REDIRECT_EXCEPT = env.domains("SSL_REDIRECT_EXCEPT", "", wildcards=True)
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 0, validate=NON_NEGATIVE)
SITES_FILE = env.str("SITES_FILE", "")
SITES_PRUNE = env.bool("SITES_PRUNE", False)
THEMES = env.themes("THEMES_DIRS", "")
UNKNOWN_HOST_TITLE = env.str("UNKNOWN_HOST_TITLE", "")
UNKNOWN_HOST_TEXT = env.str("UNKNOWN_HOST_TEXT", "")
UNKNOWN_HOST_LANGUAGE = env.str("UNKNOWN_HOST_LANGUAGE", "en", validate=validate.OneOf(dict(LANGUAGES)))
AUDIT_DAYS = env.int("AUDIT_DAYS", 365, validate=POSITIVE)

# The first superuser, created by `release`
SUPERUSER_USERNAME = env.str("DJANGO_SUPERUSER_USERNAME", "")
SUPERUSER_EMAIL = env.str("DJANGO_SUPERUSER_EMAIL", "")
SUPERUSER_PASSWORD = env.str("DJANGO_SUPERUSER_PASSWORD", "")

# Sign-in
REQUIRE_MFA = env.str("REQUIRE_MFA", "off", validate=validate.OneOf(("off", "staff")))

# Single sign-on
PASSWORD_SIGN_IN = env.bool("PASSWORD_SIGN_IN", True)
OIDC_URL = env.issuer("OIDC_URL", "")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", "")
OIDC_NAME = env.str("OIDC_NAME", "")
OIDC_LINK_BY_EMAIL = env.bool("OIDC_LINK_BY_EMAIL", False)
OIDC_ROLES_CLAIM = env.str("OIDC_ROLES_CLAIM", "")
OIDC_CREATE_USERS = env.bool("OIDC_CREATE_USERS", False)
for name, fault in oidc.faults(globals()):
    env.add_error(name, fault)

# Mail
EMAIL = env.email_url("EMAIL_URL", "console:")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "colonnade@localhost")

# Errors and health
SENTRY_DSN = env.sentry_dsn("SENTRY_DSN", "")
SENTRY_ENVIRONMENT = env.str("SENTRY_ENVIRONMENT", "production")
SENTRY_TRACES_SAMPLE_RATE = env.float("SENTRY_TRACES_SAMPLE_RATE", 0.0, validate=validate.Range(min=0, max=1))
HEALTH_TOKEN = env.str("HEALTH_TOKEN", "")

# Twitter
TWITTER_BEARER_TOKEN = env.bearer_token("TWITTER_BEARER_TOKEN", "")
TWITTER_API_URL = env.str("TWITTER_API_URL", "https://api.x.com", validate=HTTP_URL)
TWITTER_DAILY_READS = env.int("TWITTER_DAILY_READS", 10_000, validate=NON_NEGATIVE)
TWITTER_KEEP = env.int("TWITTER_KEEP", 50, validate=POSITIVE)

if SECRET_KEY == "":
    # A generated key for the embedded database keeps `git clone` to first page at two commands;
    # a deployment names its database, so it must set its key.
    key_file = VAR / "secret-key"
    if DATABASE is not None and Path(str(DATABASE.settings["NAME"])).parent == VAR:
        try:
            SECRET_KEY = parsers.secret_key(read_or_create_secret(key_file, get_random_secret_key))
        except OSError as error:
            env.add_error("SECRET_KEY", f"Not set, and {key_file} is not usable ({error.strerror}).")
        except ValidationError as error:
            env.add_error("SECRET_KEY", f"Not set, and the one in {key_file} is not usable: {error}")
    else:
        env.add_error(
            "SECRET_KEY",
            "Not set. Set it to at least 32 random characters (`openssl rand -hex 32` prints some), or SECRET_KEY_FILE "
            "to a file that holds them.",
        )
# Apps from outside, and the settings that they bring
EXTRA_APPS = env.extra_apps("EXTRA_APPS", "") or []
vars().update(extra_apps.settings_of(EXTRA_APPS, env, taken=list(vars())))
env.seal()

ALLOWED_HOSTS = ["*"]  # SECURITY: app.tenancy.requests.middleware refuses more; it knows every site's hosts.
ROOT_URLCONF = "app.urls"
WSGI_APPLICATION = "app.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "app.observability",  # the first: it configures the logs
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sites",
    "app.accounts",
    "app.sign_in",  # before app.tenancy and allauth, whose templates it replaces
    "app.tenancy",
    "app.health",
    "app.publishing",
    "app.media",
    "app.themes",
    "app.redirects",
    "app.twitter",
    "app.routes",
    "app.release",
    "app.backups",
    "app.sign_in.apps.AdminConfig",  # after app.tenancy, whose templates come before the admin's own
    "app.crawlers",
    "app.pages",  # after the admin, which has loaded the admin classes of all apps by then
    "app.posts",
    "app.site_settings",
    "app.menus",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    *sign_in.APPS,
    "django_prose_editor",
    "health_check",
    *map(extra_apps.entry_of, EXTRA_APPS),
]

# docs/architecture.md shows this order; app.tenancy.checks refuses another one.
MIDDLEWARE = [
    "app.health.middleware.ProbeMiddleware",
    "app.tenancy.requests.tls_ask.TlsAskMiddleware",
    "app.observability.middleware.RequestLogMiddleware",
    # Outside of the host's middleware, so that refused hosts, redirects and closed sites have their headers too.
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "app.tenancy.headers.middleware.HeadersMiddleware",
    "app.tenancy.requests.charset.CharsetMiddleware",
    "app.tenancy.requests.middleware.HostMiddleware",
    "app.themes.static_files.StaticFilesMiddleware",
    "app.tenancy.requests.sessions.SiteSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "app.sign_in.factors.middleware.RequiredFactorMiddleware",
    "app.tenancy.requests.middleware.SessionSiteMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "app.redirects.middleware.RedirectMiddleware",
    "app.tenancy.requests.database.DatabaseMiddleware",
    "app.tenancy.requests.streaming.StreamingMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "app.tenancy.requests.context_processors.site",
                "app.pages.navigation.context_processor",
            ],
            "loaders": [
                (
                    "app.themes.loader.CachedLoader",
                    ["app.themes.loader.ThemeLoader", "django.template.loaders.app_directories.Loader"],
                )
            ],
        },
    }
]

DATABASES = {"default": databases.in_django(DATABASE)}
#: The role that owns the tables: `migrate`, `release` and `flush` connect with it (app.release.owner).
OWNER_DATABASE = OWNER and databases.in_django(OWNER)
if ROW_SECURITY:
    DATABASES["default"]["ENGINE"] = databases.BOUND
CACHES = {
    "default": {**CACHE.settings, "KEY_FUNCTION": "app.tenancy.requests.cache_keys.with_site"},
    "every_site": {**CACHE.settings, "KEY_PREFIX": "every-site"},
}
CACHE_IS_SHARED = str(CACHE.settings["BACKEND"]).endswith("RedisCache")

AUTH_USER_MODEL = "accounts.User"
vars().update(sign_in.SETTINGS)
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # a session is bound to its site

# Cookies stay on the host that set them; a session of one site is not valid on another. Over TLS their names begin
# with __Host- (app.tenancy.requests.https).
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = REDIRECT_TO_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # HostMiddleware drops it from untrusted peers
# W008: not Django's SECURE_SSL_REDIRECT, which redirects before the forwarding headers are checked and keeps the port.
# W005, W021: subdomains and the preload list are decisions of each site's owner (docs/sites.md).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021", *(["security.W008"] if REDIRECT_TO_HTTPS else [])]
X_FRAME_OPTIONS = "DENY"  # as frame-ancestors in app.tenancy.headers.policy
CSRF_FAILURE_VIEW = "app.tenancy.requests.csrf.failure"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static"
STATICFILES_DIRS = [theme.static for theme in (THEMES or {}).values() if theme.static.is_dir()]
MEDIA_URL = "/media/"
# Hashed names need `collectstatic` (the image and `make run` run it). Without it the files are served unhashed,
# directly from the apps, and `check --deploy` warns.
COLLECTED = not DEBUG and (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_USE_FINDERS = not COLLECTED
WHITENOISE_AUTOREFRESH = DEBUG
FILE_UPLOAD_HANDLERS = [
    "app.media.uploads.LimitingUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
STORAGES = {"default": STORAGE.settings, "staticfiles": {"BACKEND": "app.themes.storage.StaticFilesStorage"}}

vars().update(EMAIL.settings)  # EMAIL_HOST and so on

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
# The first one counts: a theme cannot change a text of another theme's site.
LOCALE_PATHS = [BASE_DIR / "app" / "locale", *[theme.locale for theme in (THEMES or {}).values()]]

# Functions as `module:function`. Before the first request, and in each worker after the fork (app/server/warm_up.py):
WARM_UP = ["app.health.checks:known_migrations", "app.tenancy.directory:warm_up"]
WARM_UP_TEMPLATES = ["tenancy/notice.html", "pages/page.html", "404.html"]
WORKER_START = ["app.tenancy.directory:directory.watch", "app.redirects.hits:hits.watch"]

# The checks of /healthz, with those that apps declare (app.extension).
HEALTH_CHECKS = [
    "app.health.checks.Database",
    "app.health.checks.Migrations",
    "app.health.checks.Cache",
    "app.health.checks.Storage",
    "app.health.checks.Mail",
    "app.health.checks.Disk",
    "app.tenancy.health.DirectoryAge",
]

# Beside the database and the migrations: what a pod needs before it gets visitors.
READY_CHECKS = ["app.tenancy.health.RowSecurity"] if ROW_SECURITY else []
HEALTH_CHECKS += READY_CHECKS

LOGGING_CONFIG = None  # app.observability configures the logs
# SECURITY: these values are removed from every log line and every report to Sentry.
SECRETS = [
    *[SECRET_KEY, *SECRET_KEY_FALLBACKS, HEALTH_TOKEN, TWITTER_BEARER_TOKEN, SENTRY_DSN, SUPERUSER_PASSWORD],
    OIDC_CLIENT_SECRET,
    *[secret for service in (DATABASE, OWNER, CACHE, EMAIL, STORAGE, BACKUP) if service for secret in service.secrets],
]
