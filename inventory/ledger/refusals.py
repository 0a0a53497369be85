"""What a logbook answers instead of posting. Nothing is written when one of these is raised."""

from __future__ import annotations

from typing import Any

from logistics.errors import Conflict, Invalid


class InvalidMovement(Invalid):
    """Something in the drafts breaks a rule that does not depend on stock; every such fault is listed."""

    slug = "invalid"
    title = "The movement breaks a rule"


class KeyReused(Invalid):
    """The idempotency key already names another movement of this depot."""

    slug = "key-reused"
    title = "This key already names another movement"


class InsufficientStock(Conflict):
    """Piles hold less than the movement takes. `shortages` names line, lot, what is there and who holds the rest."""

    slug = "insufficient-stock"
    title = "Not enough stock on hand"

    def __init__(self, shortages: list[dict[str, Any]]) -> None:
        first = shortages[0]
        more = f" (and {len(shortages) - 1} more line(s))" if len(shortages) > 1 else ""
        lot = f" lot {first['lot']}" if first["lot"] else ""
        super().__init__(
            f"Line {first['line_no']}: {first['requested']} of {first['item']}{lot} asked for, "
            f"{first['available']} available{more}. Take less, choose another lot, or ask another depot.",
            shortages=shortages,
        )
        self.shortages = shortages


class WouldGoNegative(Conflict):
    """A late entry would leave a pile below zero on a day already recorded."""

    slug = "would-go-negative"
    title = "A day already recorded would go below zero"

    def __init__(self, breaks: list[dict[str, Any]]) -> None:
        first = breaks[0]
        super().__init__(
            f"Line {first['line_no']}: taking {first['requested']} of {first['item']} at that time would leave a pile "
            f"below zero on {first['day']}. Date it later, take less, or post what came in first.",
            day=first["day"],
            breaks=breaks,
        )
        self.breaks = breaks


class PeriodClosed(Conflict):
    """The movement is dated in a month the depot has closed."""

    slug = "period-closed"
    title = "The period is closed"


class AlreadyReversed(Conflict):
    """The movement has been reversed before; at most one reversal names it."""

    slug = "already-reversed"
    title = "Already reversed"


class ConsignmentMoved(Conflict):
    """What is on the road does not allow it: received already, or more than is outstanding."""

    slug = "consignment-moved"
    title = "The consignment does not allow it"


class SerialElsewhere(Conflict):
    """A serial number names one piece, and that piece is already in stock or on the road."""

    slug = "serial-elsewhere"
    title = "This serial number is already in stock"


class PeriodOutOfOrder(Conflict):
    """Months are closed one after the other, and only when they are over."""

    slug = "period-out-of-order"
    title = "This month cannot be closed now"
