"""Petroleum at 15 °C: its density from a reading at another temperature, and the factor its volume shrinks by.

Source: API MPMS chapter 11.1 (1980), adopted as ASTM D1250-80 and IP 200/80: tables 53A/B/D (density read at a
temperature → density at 15 °C) and 54A/B/D (density at 15 °C and temperature → volume correction factor, VCF), by the
equations the tables were printed from:

    α = K0/ρ² + K1/ρ            (transition zone of group B: α = A + B/ρ²)
    VCF = exp(−α·Δt·(1 + 0.8·α·Δt)),  Δt = t − 15
    ρ = ρ_t / VCF(ρ), by iteration; a glass hydrometer made for 15 °C reads ρ_t / (1 − 23e-6·Δt − 2e-8·Δt²)

ρ is the density at 15 °C in kg/m³, t in °C. Group A: crude oils. B: refined products, in four zones of density:
petrol, transition, jet fuel, fuel oils. D: lubricating oils.

Range: where the 1980 tables are not extrapolated; everything else is refused. −18 °C is the lowest temperature, the
highest is 60 °C up to 778.5 kg/m³, 90 °C up to 824, 120 °C above. Density at 15 °C: A 758–1075, B 653–1075,
D 800–1164. The edition of 2004 (D1250-04) has the same constants, from 60 °F, and wider ranges.

Rounding: as the edition of 2004 says for readings and results, since that of 1980 rounds to the steps of its print:
temperature 0.05 °C, density 0.1 kg/m³, VCF five decimals, halves away from zero. Masses that follow are masses (in
vacuo), not weights in air (table 56).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from logistics.errors import RuleError, gettext_noop

CRUDE: Final = "A"
REFINED: Final = "B"
LUBRICANT: Final = "D"

_BASE: Final = Decimal(15)
_COLDEST: Final = Decimal(-18)
_STEP: Final = Decimal("0.05")
_DENSITY: Final = Decimal("0.1")
_FACTOR: Final = Decimal("0.00001")
_THOUSANDTH: Final = Decimal("0.001")
_SETTLED: Final = Decimal("0.000001")


class OutOfRange(RuleError):
    """A reading that a formula or a table does not reach; `code` is `fuel-temperature` or `fuel-density`."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a reading comes to at 15 °C: the density in kg/m³ (0.1) and the factor its volume is multiplied by."""

    density_15: Decimal
    factor: Decimal

    def litres(self, observed: Decimal) -> Decimal:
        """Return the litres at 15 °C of litres measured at the reading's temperature, to the millilitre."""
        return (observed * self.factor).quantize(_THOUSANDTH, ROUND_HALF_UP)

    def kg(self, litres_15: Decimal) -> Decimal:
        """Return the mass of litres at 15 °C, to the gram."""
        return (litres_15 * self.density_15 / 1000).quantize(_THOUSANDTH, ROUND_HALF_UP)

    def litres_15(self, kg: Decimal) -> Decimal:
        """Return the litres at 15 °C of a mass, to the millilitre."""
        return (kg * 1000 / self.density_15).quantize(_THOUSANDTH, ROUND_HALF_UP)

    def observed(self, litres_15: Decimal) -> Decimal:
        """Return the litres that litres at 15 °C are at the reading's temperature, to the millilitre."""
        return (litres_15 / self.factor).quantize(_THOUSANDTH, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class _Zone:
    """Densities at 15 °C from `low` up to, not with, `high`, and the constants of α = k0/ρ² + k1/ρ + k2 there."""

    low: Decimal
    high: Decimal
    k0: Decimal
    k1: Decimal
    k2: Decimal = Decimal(0)

    def factor(self, density_15: Decimal, warmer: Decimal) -> Decimal:
        """Return the VCF at `warmer` °C above 15, unrounded."""
        steps = (self.k0 / density_15 / density_15 + self.k1 / density_15 + self.k2) * warmer
        return (-steps * (1 + Decimal("0.8") * steps)).exp()

    def misses(self, density_15: Decimal) -> Decimal:
        """Return how far a density lies outside the zone; 0 within."""
        if density_15 < self.low:
            return self.low - density_15
        return density_15 - self.high if density_15 >= self.high else Decimal(0)


def _zone(low: str, high: str, k0: str, k1: str, k2: str = "0") -> _Zone:
    return _Zone(Decimal(low), Decimal(high), Decimal(k0), Decimal(k1), Decimal(k2))


ZONES: Final[dict[str, tuple[_Zone, ...]]] = {
    CRUDE: (_zone("758", "1075", "613.9723", "0"),),
    REFINED: (
        _zone("653", "770.5", "346.4228", "0.4388"),
        _zone("770.5", "787.5", "2680.3206", "0", "-0.00336312"),
        _zone("787.5", "839", "594.5418", "0"),
        _zone("839", "1075", "186.9696", "0.4862"),
    ),
    LUBRICANT: (_zone("800", "1164", "0", "0.6278"),),
}
_HOTTEST: Final = ((Decimal("778.5"), Decimal(60)), (Decimal(824), Decimal(90)), (Decimal("Infinity"), Decimal(120)))


def correct(group: str, *, density: Decimal, temperature: Decimal, is_hydrometer: bool) -> Corrected:
    """Return what a density (kg/m³) read at a temperature (°C) comes to at 15 °C, and the VCF of that temperature.

    `group` is CRUDE, REFINED or LUBRICANT. `is_hydrometer`: read from a glass hydrometer, whose own expansion is taken
    off as tables 53 do; otherwise the density is the true one, as of a density meter.

    Raises:
        OutOfRange: the temperature, or the density at 15 °C, lies outside the formula's range.
    """
    temperature = (temperature / _STEP).quantize(Decimal(1), ROUND_HALF_UP) * _STEP
    density = density.quantize(_DENSITY, ROUND_HALF_UP)
    hottest = _HOTTEST[-1][1]
    if not _COLDEST <= temperature <= hottest:
        raise _too_far("fuel-temperature", temperature, _COLDEST, hottest)
    warmer = temperature - _BASE
    if is_hydrometer:
        density *= 1 - Decimal("0.000023") * warmer - Decimal("0.00000002") * warmer * warmer
    zones = ZONES[group]
    lowest, highest = zones[0].low, zones[-1].high
    # No oil's density differs from that at 15 °C by as much as this, and the iteration needs a sensible start.
    if not lowest / 2 <= density <= highest * 2:
        raise _too_far("fuel-density", density, lowest, highest)
    found = [(zone, _solved(zone, density, warmer)) for zone in zones]
    # Constants of neighbouring zones do not quite meet, so a reading may belong to both or neither: the nearest has it.
    zone, exact = min(found, key=lambda pair: pair[0].misses(pair[1]))
    density_15 = exact.quantize(_DENSITY, ROUND_HALF_UP)
    if not lowest <= density_15 <= highest:
        raise _too_far("fuel-density", density_15, lowest, highest)
    hottest = next(most for below, most in _HOTTEST if density_15 < below)
    if temperature > hottest:
        raise _too_far("fuel-temperature", temperature, _COLDEST, hottest)
    return Corrected(density_15, zone.factor(density_15, warmer).quantize(_FACTOR, ROUND_HALF_UP))


def factor(group: str, *, density_15: Decimal, temperature: Decimal) -> Decimal:
    """Return the VCF (five decimals) of a density at 15 °C (kg/m³) and a temperature (°C): tables 54A, 54B, 54D.

    Raises:
        OutOfRange: as `correct`.
    """
    zones = ZONES[group]
    lowest, highest = zones[0].low, zones[-1].high
    if not lowest <= density_15 <= highest:
        raise _too_far("fuel-density", density_15, lowest, highest)
    hottest = next(most for below, most in _HOTTEST if density_15 < below)
    if not _COLDEST <= temperature <= hottest:
        raise _too_far("fuel-temperature", temperature, _COLDEST, hottest)
    zone = min(zones, key=lambda one: one.misses(density_15))
    return zone.factor(density_15, temperature - _BASE).quantize(_FACTOR, ROUND_HALF_UP)


def _solved(zone: _Zone, density: Decimal, warmer: Decimal) -> Decimal:
    """Return the density at 15 °C that a zone's own constants lead to, whether it lies in the zone or not."""
    found = min(max(density, zone.low), zone.high)
    for _round in range(50):
        last, found = found, density / zone.factor(found, warmer)
        if abs(found - last) < _SETTLED:
            break
    return found


def _too_far(code: str, value: Decimal, lowest: Decimal, highest: Decimal) -> OutOfRange:
    texts = {
        "fuel-temperature": gettext_noop(
            "%(value)s °C lies outside what the conversion covers for this density (%(lowest)s to %(highest)s °C): "
            "read the thermometer again."
        ),
        "fuel-density": gettext_noop(
            "A density of %(value)s kg/m³ lies outside what the conversion covers (%(lowest)s to %(highest)s): read "
            "the hydrometer again, and give kg/m³, as 838.5."
        ),
    }
    return OutOfRange(code, texts[code], value=f"{value:f}", lowest=f"{lowest:f}", highest=f"{highest:f}")
