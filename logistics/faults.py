"""What each code in the `errors` of a refusal means, and what to do: the second half of the page of problems.

A refusal's own `detail` says it with names and numbers; this page says it in general, for whoever meets a code in a
program or in a log. Every code the store can answer is here, in both languages.
"""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CODES: Final[dict[str, str | Promise]] = {
    # the voucher as a whole
    "kind-not-posted-here": _("This kind is not posted by itself: a stocktake is posted by finishing its count."),
    "counted-twice": _("A pile stands in two lines of one stocktake: join the two."),
    "counted-after": _("A pile is counted before its stocktake is finished: check the time of the count."),
    "required": _("A member that is needed is missing or empty: fill it in."),
    "reason-required": _("This kind of voucher, or this step, says why: fill in the reason."),
    "late-reason-required": _("The entry is late by more than the store allows without a word: say in the reason why."),
    "no-offset": _("A time lacks its offset from UTC: write it as in 2026-11-20T08:00:00+07:00."),
    "in-the-future": _("The time or day lies ahead of now: check day and hour."),
    "period-closed": _(
        "The date lies in a month the depot has closed: use the open month and give the real day in the reason."
    ),
    "to-depot": _("A transfer out, and nothing else, names the other depot it goes to."),
    "unknown-depot": _("There is no such depot: choose one from the list."),
    "depot-not-open": _("The depot keeps no books on that day: check the date, or choose another depot."),
    "exercise-depot": _("Nothing passes between exercise depots and real ones, and one request never writes to both."),
    "consignment-required": _("A transfer in names the consignment it receives: choose it under arrivals."),
    "consignment-not-here": _("This kind of voucher has no consignment: leave it blank."),
    "unknown-consignment": _("There is no such consignment: it is named by sender and position, as K01/15."),
    "before-it-was-sent": _("Goods cannot arrive before they left: check day and hour."),
    "not-for-this-depot": _("The consignment goes to another depot: look at the driver's paper, and call the sender."),
    "not-in-consignment": _("These goods were not sent with the consignment: put them aside and call the sender."),
    "not-this-depot's": _("A difference is settled by the depot that sent the goods: call it."),
    "difference-needs-reason": _("What was received differs from what was sent: say why in the line."),
    "reverses-required": _("A reversal names the position it undoes."),
    "unknown-movement": _("There is no such movement: look in the logbook for its position."),
    "unknown-line": _("The movement has no such line: look at it again."),
    "is-a-reversal": _("A reversal is not reversed: post the right movement anew."),
    "before-original": _("A reversal is not dated before the movement it undoes: check the day."),
    "lines-required": _("A voucher has at least one line: scan or type the first one."),
    "lines-not-here": _("A reversal takes its lines from the movement it undoes: give line numbers only."),
    "too-many-lines": _("The voucher has too many lines: split it."),
    "kind-not-copied": _("Vouchers of this kind are not written by hand, so none is copied."),
    "not-copied": _("The voucher is still open: go on with it; only a posted, rejected or cancelled one is copied."),
    "repeated-id": _("Two lines have the same id: give each its own."),
    "id-taken": _("This id already names another voucher: give a new voucher a new id."),
    "key-length": _("The idempotency key has 1 to 64 characters."),
    "key-form": _("The idempotency key holds a character that a header cannot carry: use letters, digits and hyphens."),
    "key-reused": _("The key already names another movement: a new movement needs a new key."),
    "outside-your-classes": _(
        "The item is of a branch that is not yours: have a colleague of that branch write it, or ask an administrator."
    ),
    # papers
    "not-inspected": _(
        "A council inspects goods that came in by a receipt, a return or a transfer in, and nothing else."
    ),
    "entry": _("Each line of the voucher is named once, by its number: look at the movement again."),
    "not-handed-over": _("Nothing changes hands by this kind of movement, so it has no handover report."),
    "choose": _("Nothing, or too much, was chosen to be printed at once: the detail says how much there may be."),
    # stocktakes
    "not-counted-now": _("Nothing is counted of this stocktake now: it is not open yet, or over."),
    "before-counting": _("The count is dated before the counting began: check the device's clock."),
    "counting-ended": _("The count was made after the counting ended: ask for a recount."),
    "unknown-round": _("The line is counted in another round by now: load the sheet again."),
    "outside-the-scope": _("This stocktake does not count that bin, branch or item: plan another one for it."),
    "too-many-counts": _("Too many counts at once: send them in parts."),
    "codes-required": _("The part to be counted is not named: give the codes of bins, branches or items."),
    "not-here": _("The whole depot is counted, so no codes are named."),
    "too-many-members": _("The council has too many members."),
    "unknown-user": _("Nobody with this account reads the depot: check the login."),
    "one-chair": _("The council has more than one chair: keep one."),
    "nothing-to-book": _("Books and count agree, or nobody counted: there is no difference to book."),
    "cause": _("The cause does not explain this difference, or is not in the list: choose another one."),
    "not-decided": _("A line was not counted, or its difference is not decided on: have it counted, or decide."),
    "nothing-decided": _("No cause was chosen, so nothing was decided: choose one in at least one line."),
    "nothing-counted": _("Nothing that was counted is left to be posted: cancel the stocktake instead."),
    # liquid fuel
    "fuel-reading-required": _("A line of liquid fuel tells temperature and density as well as litres: fill them in."),
    "fuel-conversion-required": _(
        "No conversion to 15 °C is registered for this fuel on that day: the catalogue keeper registers the site's "
        "table, or chooses the published formula."
    ),
    "fuel-temperature": _("The conversion does not cover this temperature: read the thermometer again, in °C."),
    "fuel-density": _("The conversion does not cover this density: read the hydrometer again, in kg/m³."),
    "fuel-not-here": _("Only liquid fuel has temperature and density: leave them blank, or check the item."),
    "fuel-by-weight": _("Here a liquid fuel stands in litres at 15 °C: give litres. Measured vouchers may be in kg."),
    "fuel-density-apart": _("A warning: the density lies far from that of the tank's fuel. Read again, or go on."),
    "fuel-one-tank": _("The fuel lies in several tanks, and a reading is of one: name the bin."),
    "fuel-undipped": _("The books know this fuel's litres but not its kg: dip the tank first."),
    "fuel-several-piles": _("Several piles lie in the tank: bring them together, or count them in a stocktake."),
    "fuel-unknown-product": _("The tank is empty and nobody said which fuel it is for: have it entered under Upkeep."),
    "fuel-gauge-required": _("The tank has no gauge table for that day: have the one of its calibration entered."),
    "gauge": _("The height does not fit the tank's gauge table: dip again."),
    "fuel-kg-short": _("By weight there is less than is taken: read the density again, or dip the tank first."),
    # requisitions and orders
    "unknown-organisation-unit": _("There is no such unit, or you ask for none such: choose one from the list."),
    "repeated-item": _("The same goods of the same grade stand in two lines: ask for them once."),
    "above-open": _("More is ordered than the requisition has left to be promised: take at most that."),
    "not-as-asked": _("The requisition's line asks for other goods: order those, or name another line."),
    "nothing-left": _("Every line was cut to nothing: send the requisition back instead, saying why."),
    "orders-required": _("No order was named: give at least one."),
    "order-ended": _("The order holds no stock any more: cancel the voucher, and have a new order given."),
    "not-as-ordered": _("The voucher is of another kind, or goes elsewhere, than its order says: follow the order."),
    # lines
    "unknown-item": _("There is no such item: check the code, or search by name."),
    "inactive-item": _("The item is out of use: it leaves, but none comes in."),
    "unknown-unit": _("The item is not kept in this unit on that day: use its base unit, or have the packaging added."),
    "quantity": _("The quantity is zero, below zero or too large: check it."),
    "too-many-decimals": _("The quantity has more decimals than its unit takes: write one that comes out even."),
    "above-requested": _("No more is issued than was asked for: for more there has to be a new order."),
    "serial-quantity": _("A serial number is one piece: the quantity is 1."),
    "serial-elsewhere": _("That piece is already in stock or on the road: read its number again."),
    "unit-price": _("A unit price is not below zero and has at most 2 decimals."),
    "lot-required": _("The item is kept by lot or serial number: name it."),
    "lot-not-kept": _("The item is not kept by lot: leave the lot blank."),
    "unknown-lot": _("The item has no such lot: read the label again, or choose one from the list."),
    "expiry-differs": _(
        "The lot is known to expire on another day: read the label again; if it is right, have the lot corrected."
    ),
    "expired": _("The lot is past its last day of use: choose another one; it leaves by disposal only."),
    "on-hold": _("The lot is on hold: choose another one, or have the hold lifted."),
    "awaiting-disposal": _("Goods of this grade await disposal: choose another grade."),
    "out-of-order": _("Goods that expire earlier stay behind: say why in the line, or leave lot and bin blank."),
    "unknown-bin": _("The depot has no such bin: choose one from the list."),
    "inactive-bin": _("The bin is out of use: choose another one."),
    "unknown-grade": _("There is no such grade: they go from 1 to 5."),
    "unknown-purpose": _("There is no such reserve purpose: choose one from the list."),
    "target": _("A pair of piles needs a target that differs from its source, and other kinds have none."),
    "no-code": _(
        "This is no code of a printed voucher. Scan the square code, or type the number and the digits after "
        "SHA-256 at the foot of the sheet, a blank between them."
    ),
    "insufficient-stock": _("There is less than the line takes: take less, choose another lot, or ask another depot."),
    "would-go-negative": _(
        "A late entry would leave a day already recorded below zero: date it later, take less, or post what "
        "came in first."
    ),
    "consignment-moved": _("The goods were received or settled meanwhile: look at the consignment again."),
    "already-reversed": _("The movement has been reversed before: post the right one anew."),
    # notes to be read (weighing)
    "duplicate-document": _(
        "The same document of the same giver was entered before: look whether it is the same delivery."
    ),
    "expiry-past": _("The last day of use is over already: look at the label again."),
    "expiry-far": _("The last day of use is more than 20 years away: look at the year again."),
    "over-schedule": _("More came than the document says: count again, and make a report."),
    # how a request is written
    "unreadable": _("What was typed cannot be read as number or day: write it again."),
    "form": _("The text does not have the form it needs; the detail shows that form."),
    "decimal": _('This is a decimal number in quotes, such as "7.500".'),
    "date": _("This is no day: write year-month-day, such as 2028-06-30."),
    "instant": _("This is no time with its offset: write it as in 2026-11-20T08:00:00+07:00."),
    "text": _("This is a text, in quotes."),
    "number": _("This is a number."),
    "whole-number": _("This is a whole number."),
    "true-or-false": _("This is true or false."),
    "list": _("This is a list."),
    "object": _("This is an object, in braces."),
    "uuid": _("This is no id: copy the UUID as it was given, or take a new one where you name a new thing."),
    "unfit": _("The value does not belong here: the description of the API says what is taken."),
    "one-of": _("This is none of the values that may stand here; the detail names them."),
    "too-long": _("The text is too long; the detail says how long it may be."),
    "too-short": _("The text is too short; the detail says how long it must be."),
    "too-large": _("The number is too large."),
    "too-small": _("The number is too small."),
    "too-many": _("These are too many; the detail says how many there may be."),
    "name-taken": _("Another of yours has this name: give this one a different name."),
    "too-few": _("These are too few; the detail says how many there must be."),
    "too-deep": _("The JSON is nested too deeply."),
    "bad-character": _(
        "The text holds a control character, or a mark that turns the direction of writing: type it again."
    ),
    "unknown-member": _("There is no such member here: check its spelling."),
    "no-report": _("This is no address of a report: open the report and copy what the address bar shows."),
    "too-many-parts": _("A meeting pack holds no more reports: take one out, or make a second pack."),
    "no-depots": _("You may read no depot, so there is nothing to report: ask an administrator for a role."),
    "unknown-parameter": _("There is no such query parameter: check its spelling."),
    "repeated-parameter": _("The parameter stands twice: give it once."),
    "cursor": _("This is no cursor of this list: take `next` as it was given."),
    "unknown-code": _("A code names nothing: check it, or search by name."),
    "out-of-range": _("A value is outside what can be asked or kept; the detail names the limits."),
    "after-to": _("The first day is after the last: swap the two."),
    "bbox": _("The part of the map is west,south,east,north in degrees."),
    "differs": _("This is not what the address says: make both the same."),
    "rule": _("A rule of the store is broken; the detail names it."),
    "ambiguous-item": _("Several items have this name: write the code of one of them."),
    "unknown-requisition": _("There is no such requisition in your scope that still lacks something."),
    "nothing-lacking": _("The requisitions chosen lack nothing any more: choose others, or write a list."),
    # signatures, their pictures and scans
    "key-file": _("The key file cannot be used: the detail says why; have the key exported anew as .p12."),
    "pass-phrase": _("The pass phrase does not open the key file: mind capitals and Unikey."),
    "certificate-early": _("The certificate is not valid yet: sign from its first day on."),
    "certificate-expired": _("The certificate has expired: ask its authority for a new one."),
    "key-not-for-signing": _("The certificate was made for something else: choose the key for signing documents."),
    "key-weak": _("The key is too short or of a kind that is not used here: ask for a new one."),
    "key-not-trusted": _("No authority that the site trusts issued the certificate: use the key you were given."),
    "no-seal": _("The seal is set at the commander's place, by who approves for the unit that has one."),
    "place-of-another": _("The paper names somebody else at this place: sign at your own."),
    "out-of-turn": _("Others sign before: wait for them, or say that they sign with a pen."),
    "not-a-paper": _("The file is no PDF that can be read: choose the signed file itself."),
    "picture": _("The picture of a signature or seal cannot be used; the detail says why."),
    "file-type": _("The file is not of a type that is taken here: save it as the page says."),
    "file-size": _("The file is too large: scan in grey at 200 or 300 dots per inch."),
    "file-name": _("The file's name is too long or holds a character that names may not have: rename it."),
    # files that are imported, and their mappings
    "rows-with-errors": _("Rows of the file have errors: put them right first; nothing was written."),
    "table": _("The file cannot be read as a table: save it as CSV (UTF-8) or XLSX and try again."),
    "toml": _("The mapping file is no TOML; the detail says where it breaks."),
    "purpose": _("The mapping is for another kind of file."),
    "unknown-field": _("The mapping names a field there is not."),
    "unknown-key": _("The mapping holds a key there is not: check its spelling."),
}

# What is wrong with a number, a day, or a code that things bear: named by what it is and what is wrong with it.
FAMILIES: Final[dict[str, str | Promise]] = {
    "gs1_": _("The scanned label does not follow GS1: scan it again, or type item, lot and day by hand."),
    "_check_digit": _("The check digit is wrong: one digit is mistyped or two are swapped; scan again."),
    "_form": _(
        "The text does not have the form of its kind (number, day, item code, GTIN, NSN …); the detail shows it."
    ),
    "_unknown": _("The text has the right form but names nothing: check it."),
    "_class": _("The first four digits of the NSN name no supply class: check it."),
    "_era": _("Codes of that time are not kept: check the date."),
    "_decimals": _("The number has more decimals than its unit takes."),
    "_size": _("The number is too large."),
    "_year": _("The year is out of range: check it."),
}


def explained(code: str) -> str | Promise | None:
    """Return what a code of a fault means, None where nobody says."""
    if code in CODES:
        return CODES[code]
    named = (
        meaning
        for part, meaning in FAMILIES.items()
        if (code.startswith(part) if part[-1] == "_" else code.endswith(part))
    )
    return next(named, None)
