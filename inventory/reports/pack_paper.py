"""A meeting pack on paper: cover, contents with pages, every report with its chart drawn as lines, not as dots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, PageBreak, Spacer

from inventory.reports.models import Pack
from inventory.reports.packs import Part, instant_of
from inventory.reports.printed import body, refuse_too_long
from logistics import paper
from logistics.fields import format_date, format_moment


def pack_pdf(pack: Pack, parts: Sequence[Part], *, printed_at: datetime) -> bytes:
    """Return the pack as PDF, its wording Vietnamese as on every form.

    Raises:
        Invalid: a report of it is too long for paper.
        Precondition: the fonts are not installed.
    """
    for part in parts:
        if part.result:
            refuse_too_long(part.result)

    def story(pages: Mapping[str, int]) -> list[Flowable]:
        found = [*_cover(pack), PageBreak(), *_contents(parts, pages)]
        for number, part in enumerate(parts, start=1):
            found += [PageBreak(), paper.Anchor(_name(number), _title(number, part))]
            if part.note:
                found.append(paper.text(part.note))
            if part.result is None:
                found += [paper.title(_title(number, part)), paper.text(part.refusal)]
            else:
                found += body(part.result, with_chart=part.with_chart)
        return found

    state = "" if pack.is_closed else " · DỰ THẢO"
    foot = f"{pack.title} · {settings.ORGANISATION_NAME}{state} · in lúc {format_moment(printed_at)}"
    mark = "" if pack.is_closed else "DỰ THẢO"
    return paper.render_with_pages(story, title=pack.title, foot=foot, landscape=True, mark=mark)


def _name(number: int) -> str:
    return f"part-{number}"


def _title(number: int, part: Part) -> str:
    return f"{number}. {part.result.title if part.result else 'Báo cáo không lấy được'}"


def _cover(pack: Pack) -> list[Flowable]:
    instant = instant_of(pack)
    closed = (
        f"Chốt lúc {format_moment(pack.closed_at)}, {pack.closed_by.get_full_name() or pack.closed_by.login}"
        if pack.closed_at and pack.closed_by
        else "Dự thảo: số liệu chưa chốt"
    )
    digest = bytes(pack.content.digest).hex() if pack.is_closed else ""
    return [
        paper.heading(unit=settings.ORGANISATION_NAME, department="", number="", source=""),
        Spacer(1, 35 * mm),
        paper.title("Tài liệu họp"),
        paper.text(pack.title, size=20, align="c", bold=True),
        Spacer(1, 12 * mm),
        paper.text(f"Ngày họp: {format_date(pack.meeting_date)}", size=12, align="c"),
        paper.text(f"Số liệu lúc: {instant.name}", size=12, align="c"),
        paper.text(closed, size=10, align="c"),
        Spacer(1, 8 * mm),
        *([paper.text(pack.note, align="c")] if pack.note else []),
        *([Spacer(1, 6 * mm), paper.text(f"SHA-256 {digest}", size=7, align="c")] if digest else []),
    ]


def _contents(parts: Sequence[Part], pages: Mapping[str, int]) -> list[Flowable]:
    rows = [
        [_title(number, part), part.note, part.result.count if part.result else "", pages.get(_name(number), "")]
        for number, part in enumerate(parts, start=1)
    ]
    return [
        paper.title("Mục lục"),
        paper.grid(
            [["Báo cáo", "Ghi chú", "Số dòng", "Trang"]],
            rows or [["Chưa có báo cáo nào.", "", "", ""]],
            widths=(120, 82, 25, 25),
            align="llrr",
            size=10,
        ),
    ]
