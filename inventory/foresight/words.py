"""What models and kinds of demand are called, and in a sentence what stands behind a forecast."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory.foresight.forecasting import LEAST_TESTS, LEAST_TRAINING
from inventory.foresight.models import DemandClass, Forecast

MODELS: Final[dict[str, Any]] = {
    "mean": gettext_lazy("plain mean"),
    "naive": gettext_lazy("last month again (naive)"),
    "seasonal-naive": gettext_lazy("the same month a year ago"),
    "ses": gettext_lazy("simple exponential smoothing"),
    "croston": gettext_lazy("Croston"),
    "sba": gettext_lazy("Syntetos–Boylan (SBA)"),
    "tsb": gettext_lazy("Teunter–Syntetos–Babai (TSB)"),
    "ets": gettext_lazy("exponential smoothing with trend (ETS)"),
}


def basis(forecast: Forecast) -> str:
    """Return in a sentence how a forecast came about, and how far it can be trusted."""
    if forecast.months == 0:
        return _("Not one whole month of figures yet: there is no forecast.")
    if forecast.demand == DemandClass.SHORT:
        return ngettext(
            "Only %(months)d month of figures yet: their mean is taken. From %(least)d months on models are tried.",
            "Only %(months)d months of figures yet: their mean is taken. From %(least)d months on models are tried.",
            forecast.months,
        ) % {"months": forecast.months, "least": LEAST_TRAINING + LEAST_TESTS}
    if forecast.demand == DemandClass.NONE:
        return ngettext(
            "Nothing was issued in %(months)d month.", "Nothing was issued in %(months)d months.", forecast.months
        ) % {"months": forecast.months}
    return ngettext(
        "From %(months)d months of figures; tried on the last %(points)d month, this model erred least.",
        "From %(months)d months of figures; tried on the last %(points)d months, this model erred least.",
        forecast.test_points,
    ) % {"months": forecast.months, "points": forecast.test_points}
