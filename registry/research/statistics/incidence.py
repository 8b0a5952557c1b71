"""Cumulative incidence with a competing event: Aalen and Johansen's estimate with intervals.

Local recurrence cannot happen after death, so death competes: Kaplan and Meier's curve would count the dead as if they
could still recur, and show too much.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from registry.research.statistics.distributions import z_quantile
from registry.research.statistics.result import Interval, Method, no_values
from registry.research.statistics.survival import Observed, Stepped, Transform

SOURCE = "Aalen & Johansen, Scand J Stat 1978;5:141–150; Marubini & Valsecchi 1995, formula 10.12"
METHODS = {
    Transform.LOG_LOG: Method(
        gettext_lazy("Aalen–Johansen estimate, log-log interval"),
        gettext_lazy(
            "F(t) = ΣS(tᵢ₋₁)·d₁ᵢ/nᵢ, S the Kaplan–Meier estimate of any event; variance by the delta method; interval "
            "F^exp(± z·SE / (F·ln F))"
        ),
        "scipy.special.ndtri",
        SOURCE,
    ),
    Transform.PLAIN: Method(
        gettext_lazy("Aalen–Johansen estimate, plain interval"),
        gettext_lazy(
            "F(t) = ΣS(tᵢ₋₁)·d₁ᵢ/nᵢ, S the Kaplan–Meier estimate of any event; variance by the delta method; interval "
            "F ± z·SE, cut at 0 and 1"
        ),
        "scipy.special.ndtri",
        SOURCE,
    ),
}


@dataclass(frozen=True)
class Step:
    """The incidence from this time on; none of the event yet, or all with it, leaves no interval."""

    time: float
    at_risk: int
    events: int
    competing: int
    censored: int
    incidence: float
    standard_error: float
    interval: Interval | None


@dataclass(frozen=True)
class Incidence(Stepped[Step]):
    """Cumulative incidence over time; it starts at 0."""

    n: int
    events: int
    competing: int
    missing: int
    steps: tuple[Step, ...]
    method: Method
    reason: str = ""


def aalen_johansen(
    times: Iterable[Any], events: Iterable[Any], transform: Transform = Transform.LOG_LOG
) -> Incidence:
    """Incidence of event 1; 0 is the end of observation, 2 and above a competing event."""
    observed = Observed.of(times, events)
    method = METHODS[transform]
    if not observed.n:
        return Incidence(0, 0, 0, observed.missing, (), method, no_values())
    steps, incidence, survival = [], 0.0, 1.0
    # The variance at t is Σ(F(t) − Fᵢ)²·a + ΣS²·b − 2Σ(F(t) − Fᵢ)·S·c; each part as a sum that grows with the times.
    a0 = a1 = a2 = b = c0 = c1 = 0.0
    for moment in observed.moments():
        n, wanted, any_event = moment.at_risk, moment.events, moment.events + moment.competing
        if any_event:
            incidence += survival * wanted / n
            b += survival**2 * (n - wanted) * wanted / n**3
            c = survival * wanted / n**2
            c0, c1 = c0 + c, c1 + c * incidence
            if n > any_event:  # after the last one the difference F(t) − Fᵢ stays 0
                a = any_event / (n * (n - any_event))
                a0, a1, a2 = a0 + a, a1 + a * incidence, a2 + a * incidence**2
            survival *= 1 - any_event / n
        variance = incidence**2 * a0 - 2 * incidence * a1 + a2 + b - 2 * (incidence * c0 - c1)
        error = math.sqrt(max(0.0, variance))
        steps.append(
            Step(
                moment.time,
                n,
                wanted,
                moment.competing,
                moment.censored,
                incidence,
                error,
                incidence_interval(incidence, error, transform),
            )
        )
    return Incidence(
        observed.n,
        sum(step.events for step in steps),
        sum(step.competing for step in steps),
        observed.missing,
        tuple(steps),
        method,
    )


def incidence_interval(incidence: float, error: float, transform: Transform) -> Interval | None:
    if not 0 < incidence < 1 or error == 0:
        return None
    half = z_quantile() * error
    if transform is Transform.PLAIN:
        return Interval(max(0.0, incidence - half), min(1.0, incidence + half))
    spread = half / (incidence * math.log(incidence))
    return Interval(incidence ** math.exp(-spread), incidence ** math.exp(spread))
