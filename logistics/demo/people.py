"""The demo's log-ins: one for every role, each with a password anybody can guess.

`logistics/accounts/backends.py` therefore lets nobody in with such a password while DEBUG is off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib.auth.hashers import Argon2PasswordHasher

from depots.models import Depot, OrganisationUnit
from logistics.accounts.backends import demo_password
from logistics.accounts.models import Assignment, Role, Token, User
from logistics.demo.places import ROOT

TOKEN_DAYS: Final = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One log-in. Without `depot` and `unit` its role covers the whole store."""

    login: str
    full_name: str
    title: str
    role: Role
    depot: str = ""
    unit: str = ""
    is_staff: bool = False
    is_program: bool = False


PEOPLE: Final = (
    Person(login="thukho", full_name="Nguyễn Văn Mẫu", title="Thủ kho", role=Role.STOREKEEPER, depot="K01"),
    Person(login="thukho02", full_name="Trần Thị Mẫu", title="Thủ kho", role=Role.STOREKEEPER, depot="K02"),
    Person(login="chihuy", full_name="Lê Văn Mẫu", title="Chủ nhiệm kho", role=Role.APPROVER, unit=ROOT),
    Person(login="chihuy02", full_name="Bùi Văn Mẫu", title="Phó chủ nhiệm kho", role=Role.APPROVER, unit=ROOT),
    Person(
        login="lienthong",
        full_name="Chương trình liên thông ngành (mẫu)",
        title="Phần mềm của ngành",
        role=Role.STOREKEEPER,
        unit=ROOT,
        is_program=True,
    ),
    Person(
        login="khodulieu", full_name="Kho dữ liệu Bộ (mẫu)", title="Hệ thống nhận kết xuất", role=Role.EXPORT_CLIENT
    ),
    Person(login="kehoach", full_name="Phạm Thị Mẫu", title="Trợ lý kế hoạch", role=Role.PLANNER),
    Person(login="kiemtoan", full_name="Hoàng Văn Mẫu", title="Kiểm toán viên", role=Role.AUDITOR),
    Person(
        login="danhmuc", full_name="Vũ Thị Mẫu", title="Quản lý danh mục", role=Role.CATALOGUE_KEEPER, is_staff=True
    ),
    Person(login="quantri", full_name="Đặng Văn Mẫu", title="Quản trị viên", role=Role.ADMINISTRATOR, is_staff=True),
)
LOGINS: Final = frozenset(person.login for person in PEOPLE)
FIRST_LOGINS: Final = LOGINS - {"chihuy02"}  # what a demo has that was loaded before two approvers were needed


class _Guessable(Argon2PasswordHasher):
    """Argon2 at its cheapest: strength is wasted on a password that everybody knows, and ten of them cost seconds.

    Whoever signs in gets theirs hashed at full strength then, as any older hash is.
    """

    time_cost = 1
    memory_cost = 8  # KiB
    parallelism = 1


def make() -> dict[str, User]:
    """Store the log-ins and their roles; return the users by login. Needs the depots and `history.changing`."""
    made = {}
    hasher = _Guessable()
    for person in PEOPLE:
        user = User.objects.create(
            login=person.login,
            password=hasher.encode(demo_password(person.login), hasher.salt()),
            full_name=person.full_name,
            title=person.title,
            is_staff=person.is_staff,
            is_program=person.is_program,
        )
        Assignment.objects.create(
            user=user,
            role=person.role,
            depot=Depot.objects.get(code=person.depot) if person.depot else None,
            unit=OrganisationUnit.objects.get(code=person.unit) if person.unit else None,
        )
        made[person.login] = user
    return made


def tokens(users: dict[str, User], *, at: datetime) -> dict[str, str]:
    """Issue one API token to each log-in; return the secrets by login, which are shown only now."""
    return {login: Token.issue(to=user, at=at, days=TOKEN_DAYS, name="Bản trình diễn") for login, user in users.items()}
