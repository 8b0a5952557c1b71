"""Settings of the registry; what an installation may change of them stands in ``registry.environment``."""

import dj_database_url
from csp.constants import NONCE, NONE, SELF  # noqa: F401  (NONCE is for deployments that add their own scripts)
from django.core.management.utils import get_random_secret_key

from registry.environment import BASE_DIR, VAR_DIR, Environment

env = Environment()

DEBUG = env.debug
# A random key keeps an installation without secrets usable for commands and tests, yet no session outlives the
# process; registry.checks names the missing secret wherever it matters.
SECRET_KEY = env.secret_key.get_secret_value() or get_random_secret_key()
SECRET_KEY_IS_SET = bool(env.secret_key.get_secret_value())
IDENTITY_KEY = env.identity_key.get_secret_value() or SECRET_KEY
IDENTITY_KEY_IS_SET = bool(env.identity_key.get_secret_value())
IDENTITY_KEYS_OLD = [
    key.strip() for key in env.identity_keys_old.get_secret_value().split(",") if key.strip()
]
#: Counts of unpublished patients from 1 to this one are not shown in aggregate output.
EXPORT_SMALL_CELL = env.export_small_cell

ALLOWED_HOSTS = [host.strip() for host in env.allowed_hosts.split(",") if host.strip()]
CSRF_TRUSTED_ORIGINS = [origin.strip() for origin in env.csrf_trusted_origins.split(",") if origin.strip()]

INSTALLED_APPS = [
    "registry.core",
    "registry.access",
    "registry.literature",
    "cases",
    "procedures",
    "outcomes",
    "registry.curation",
    "registry.research",
    "registry.interchange",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "simple_history",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "registry.core.logs.LogRequests",
    "registry.core.headers.ProtectiveHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "registry.core.compression.CompressPages",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # Before everything that may refuse a request, so that the refusal is in the reader's language.
    "registry.access.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    # Ahead of what sends people to the sign-in, which reads the steps already taken.
    "allauth.account.middleware.AccountMiddleware",
    "registry.access.middleware.LoginRequiredMiddleware",
    "registry.core.errors.RefuseEarly",
    "registry.access.middleware.IdentityMiddleware",
]

ROOT_URLCONF = "registry.urls"
WSGI_APPLICATION = "registry.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["registry.core.templatetags.registry"],
        },
    },
]

if env.database_url:
    _database = dj_database_url.parse(env.database_url, conn_max_age=60, conn_health_checks=True)
else:
    VAR_DIR.mkdir(exist_ok=True)
    _database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(VAR_DIR / "registry.sqlite3")}
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE and WAL: writers queue instead of failing when they read before they write.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
elif _database["ENGINE"] == "django.db.backends.postgresql":
    # Lists judge each case by many small conditions. PostgreSQL takes them for dear and compiles them first: seconds
    # for a query that then takes milliseconds.
    _options = _database.setdefault("OPTIONS", {})
    _options["options"] = f"{_options.get('options', '')} -c jit=off".strip()
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Sign-in is allauth's, with the registry's own pages, lock-out, log and policy of second factors.
AUTHENTICATION_BACKENDS = ["registry.access.sign_in.backend.SignInBackend"]
ACCOUNT_ADAPTER = "registry.access.sign_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = False  # the cookie ends with the browser
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_FORMS = {
    "login": "registry.access.sign_in.forms.SignInForm",
    "reset_password": "registry.access.sign_in.forms.ResetPasswordForm",
    "reset_password_from_key": "registry.access.sign_in.forms.NewPasswordForm",
    "reauthenticate": "registry.access.sign_in.forms.ConfirmByPasswordForm",
}
# Codes of second factors; passwords are counted by registry.access.sign_in.lockout.
ACCOUNT_RATE_LIMITS = {
    "login_failed": f"{env.lock_user_after}/{env.lock_minutes}m/key",
    # A hospital is one address, and everybody comes at seven.
    "login": "120/m/ip",
}
MFA_ADAPTER = "registry.access.sign_in.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # people come by invitation, and many have no address here
MFA_PASSKEY_LOGIN_ENABLED = True
# Whatever a passkey is asked for: the answer to one question could be handed in where it stands for both factors.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # a clock half a minute off
MFA_FORMS = {
    "authenticate": "registry.access.sign_in.forms.CodeForm",
    "authenticate_webauthn": "registry.access.sign_in.forms.PasskeyForm",
    "reauthenticate": "registry.access.sign_in.forms.ConfirmByCodeForm",
    "reauthenticate_webauthn": "registry.access.sign_in.forms.ConfirmByPasskeyForm",
    "login_webauthn": "registry.access.sign_in.forms.SignInByPasskeyForm",
    "activate_totp": "registry.access.sign_in.forms.ActivateAppForm",
    "add_webauthn": "registry.access.sign_in.forms.AddPasskeyForm",
}
SECOND_FACTOR_GRACE_DAYS = env.second_factor_grace_days
SESSION_IDLE_MINUTES = env.session_idle_minutes
SESSION_HOURS = env.session_hours
SESSION_COOKIE_AGE = env.session_hours * 60 * 60
LOCK_MINUTES = env.lock_minutes
LOCK_USER_AFTER = env.lock_user_after
LOCK_ADDRESS_AFTER = env.lock_address_after
TRUSTED_PROXIES = env.trusted_proxies

# Counters of failed sign-ins have to be the same for every worker, so they are kept where all of them look.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "registry_cache",
        # Names that somebody makes up must not push out the counters that matter.
        "OPTIONS": {"MAX_ENTRIES": 100_000, "CULL_FREQUENCY": 10},
    }
}

# Without a mail server mails go to the standard output, where whoever runs the registry finds their links.
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if env.email_host else 'console'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = env.email_host, env.email_port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env.email_host_user, env.email_host_password.get_secret_value()
EMAIL_USE_TLS, EMAIL_USE_SSL = env.email_use_tls, env.email_use_ssl
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.default_from_email
INVITATION_DAYS = env.invitation_days

LANGUAGE_CODE = env.language
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["registry.formats"]
TIME_ZONE = env.time_zone
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "registry" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# A request body above this is answered 413 before it is parsed; files have their own limit where they are taken.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "registry.core.errors.csrf_failure"
if env.https:
    # Cookies of these names are taken by browsers only when this host set them, over HTTPS.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31536000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "registry.access.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "registry.access.permissions.WithinToken",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["registry.access.throttling.PerToken"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["registry.core.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "registry.core.api.paging.KeysetPagination",
    "EXCEPTION_HANDLER": "registry.core.api.problems.handler",
    "COERCE_DECIMAL_TO_STRING": False,
    "PAGE_SIZE": 100,
}
API_RATE = env.api_rate
KNOX_TOKEN_MODEL = "knox.AuthToken"  # noqa: S105 - a model
REST_KNOX = {"TOKEN_TTL": None, "TOKEN_LIMIT_PER_USER": None, "AUTO_REFRESH": False}
SPECTACULAR_SETTINGS = {
    "TITLE": "Spinal tumour intervention registry",
    "DESCRIPTION": "Cases, procedures and outcomes of interventions for tumours of the lumbar spine and sacrum.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "registry.core.api.schema.with_limits",
        "registry.core.api.schema.kinds_may_overlap",
    ],
    "ENUM_NAME_OVERRIDES": {"ReleaseStateEnum": "registry.research.api.release_shown.STATES"},
}

# Large exports are written by `manage.py db_worker` and kept here until they expire.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
EXPORT_DIR = VAR_DIR / "exports"
EXPORT_INLINE_CELLS = env.export_inline_cells
EXPORT_KEEP_HOURS = env.export_keep_hours
# Files of imports are kept here, readable by the registry alone, until they are written or expire.
IMPORT_DIR = VAR_DIR / "imports"
IMPORT_MAX_BYTES = env.import_max_mb * 1024**2
IMPORT_MAX_ROWS = env.import_max_rows
IMPORT_INLINE_BYTES = env.import_inline_kb * 1024
IMPORT_KEEP_HOURS = env.import_keep_hours
FILE_UPLOAD_HANDLERS = [
    "registry.interchange.uploads.RefuseLarge",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# Releases stay. Their folder belongs in the backup, though all of it can be rebuilt from history.
RELEASE_DIR = VAR_DIR / "releases"
RELEASE_INLINE_CASES = env.release_inline_cases

SIMPLE_HISTORY_HISTORY_ID_USE_UUID = False
SILENCED_SYSTEM_CHECKS: list[str] = []

LOG_FORMAT = env.log_format or ("text" if DEBUG else "json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "registry.core.logs.JsonFormatter"},
        "text": {"()": "registry.core.logs.TextFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Django's own handlers would print and mail the values of requests and of local variables.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
    },
}
