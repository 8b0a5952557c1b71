"""What an installation may set: the environment, and ``var/env`` where `make demo` keeps its own."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"


class Environment(BaseSettings):
    """Every name is an environment variable of the same name in upper case."""

    model_config = SettingsConfigDict(env_file=VAR_DIR / "env", extra="ignore", case_sensitive=False)

    database_url: str = Field(
        "", description="PostgreSQL address; empty means the embedded SQLite database in var/."
    )
    secret_key: SecretStr = Field(SecretStr(""), description="Signs sessions; required unless DEBUG is on.")
    identity_key: SecretStr = Field(
        SecretStr(""),
        description="Encrypts hospital numbers and keys their look-up hash; required unless DEBUG is on.",
    )
    identity_keys_old: SecretStr = Field(
        SecretStr(""),
        description="Comma-separated former IDENTITY_KEYs: they still decrypt, until `manage.py rotate_keys` has run.",
    )
    debug: bool = False
    allowed_hosts: str = Field("127.0.0.1,localhost,[::1]", description="Comma-separated host names.")
    csrf_trusted_origins: str = Field("", description="Comma-separated origins, scheme included.")
    https: bool = Field(False, description="The site is reached over HTTPS: secure cookies, redirect, HSTS.")
    time_zone: str = "Europe/Berlin"
    language: Literal["en", "de"] = "en"
    export_small_cell: int = Field(10, ge=1, description="Largest count that aggregate output suppresses.")
    export_inline_cells: int = Field(
        20_000_000,
        ge=0,
        description="Exports of more cells (rows × columns, dear formats counted several times) become jobs.",
    )
    export_keep_hours: int = Field(24, ge=1, description="Hours until the file of an export job is removed.")
    release_inline_cases: int = Field(
        5_000, ge=0, description="A registry of more cases writes its releases in the background."
    )
    import_max_mb: int = Field(50, ge=1, description="Largest size of the files of one import.")
    import_max_rows: int = Field(100_000, ge=1, description="Most records that one import writes.")
    import_inline_kb: int = Field(200, ge=0, description="Larger imports are done in the background.")
    import_keep_hours: int = Field(72, ge=1, description="Hours until unconfirmed files are removed.")
    token_days: int = Field(90, ge=1, le=3650, description="Days until an API token expires.")
    second_factor_grace_days: int = Field(
        14, ge=0, le=365, description="Days that curators and superusers have to set up a second factor."
    )
    session_idle_minutes: int = Field(
        60, ge=5, le=1440, description="Minutes without use after which a session ends."
    )
    session_hours: int = Field(12, ge=1, le=168, description="Hours after which a session ends, used or not.")
    lock_minutes: int = Field(15, ge=1, le=1440, description="Minutes in which failed sign-ins are counted.")
    lock_user_after: int = Field(5, ge=3, le=100, description="Failed sign-ins that lock a user name.")
    lock_address_after: int = Field(
        50, ge=3, le=10_000, description="Failed sign-ins, whatever the user name, that lock an address."
    )
    trusted_proxies: int = Field(
        0, ge=0, le=10, description="Reverse proxies in front, whose X-Forwarded-For is believed."
    )
    api_rate: int = Field(
        600, ge=0, description="API requests a minute of one token or signed-in user; 0 lifts the limit."
    )
    invitation_days: int = Field(7, ge=1, le=90, description="Days until an invitation expires.")
    email_host: str = Field("", description="Mail server; empty means that mails are printed to the log.")
    email_port: int = Field(587, ge=1, le=65535)
    email_host_user: str = ""
    email_host_password: SecretStr = SecretStr("")
    email_use_tls: bool = Field(True, description="The mail server is spoken to by STARTTLS.")
    email_use_ssl: bool = Field(
        False, description="TLS from the first byte, usually on port 465; EMAIL_USE_TLS has to be off."
    )
    default_from_email: str = Field("registry@localhost", description="Who the registry's mails come from.")
    log_format: Literal["json", "text", ""] = Field(
        "", description="How the log is written; empty means JSON, and text where DEBUG is on."
    )
