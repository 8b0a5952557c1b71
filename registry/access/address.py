"""From which address a request comes."""

import ipaddress
from typing import Any

from django.conf import settings


def address_of(request: Any) -> str | None:
    """The sender's address, or nothing where the server gives none (a socket) or something else.

    Behind reverse proxies the sender is the entry of ``X-Forwarded-For`` that the outermost trusted proxy wrote:
    counted from the right, as everything further left is whatever the sender claims. ``TRUSTED_PROXIES`` says how
    many there are; with none the header is not read.
    """
    if request is None:
        return None
    text = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        passed = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(passed) >= settings.TRUSTED_PROXIES:
            text = passed[-settings.TRUSTED_PROXIES]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A server that listens for both protocols gives IPv4 senders as IPv6. Those are one network, and were one sender.
    return str(getattr(address, "ipv4_mapped", None) or address)
