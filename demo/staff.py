"""The demo's staff: the accounts one may sign in with, and colleagues who make the lists look like an office."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from accounts.models import Role, RoleGrant, Staff
from accounts.sign_in import add_staff, staff_with_login
from audit.record import record
from shared.clock import now
from shared.db import db


class Post(NamedTuple):
    """What somebody does: name, role and, unless it is the province, the host city's English name."""

    full_name: str
    role: Role
    city: str | None = None


POSTS = {
    "admin": Post("省人才办 · 管理员", Role.ADMINISTRATOR),
    "taiyuan": Post("张晋阳", Role.ORGANISER, "Taiyuan"),
    "jincheng": Post("李泽州", Role.ORGANISER, "Jincheng"),
    "gate": Post("王小满", Role.GATE_VOLUNTEER, "Taiyuan"),
    "gate.2": Post("郝雨桐", Role.GATE_VOLUNTEER, "Taiyuan"),
    "recruiter": Post("赵慧敏", Role.RECRUITER),
    "recruiter.2": Post("孙明哲", Role.RECRUITER),
    "recruiter.3": Post("任春晓", Role.RECRUITER),
    "recruiter.4": Post("武凌云", Role.RECRUITER),
    "recruiter.5": Post("解秋实", Role.RECRUITER),
    "reviewer": Post("田静怡", Role.REVIEWER),
    "employer": Post("刘建国", Role.EMPLOYER_CONTACT),
    "viewer": Post("陈志强", Role.VIEWER),
}


def add_demo_staff(city_ids: dict[str, int], employer_id: int, *, password: str) -> dict[str, Staff]:
    """Make the accounts that are not there yet; login -> account. The caller holds the transaction.

    The new ones share ``password`` and so one hash: making it is slow on purpose, a dozen would make the first
    start wait.
    """
    staff: dict[str, Staff] = {}
    password_hash: str | None = None
    for login, post in POSTS.items():
        host_city_id = city_ids[post.city] if post.city else None
        employed_by = employer_id if post.role is Role.EMPLOYER_CONTACT else None
        account = staff_with_login(login)
        if account is None and password_hash is None:
            account = add_staff(
                login,
                full_name=post.full_name,
                password=password,
                role=post.role,
                host_city_id=host_city_id,
                employer_id=employed_by,
                email=f"{login}@good-scenery.example",
            )
            password_hash = account.password_hash
        elif account is None and password_hash is not None:
            account = _colleague(login, post, password_hash, host_city_id, employed_by)
        if account is not None:
            staff[login] = account
    return staff


def _colleague(
    login: str, post: Post, password_hash: str, host_city_id: int | None, employer_id: int | None
) -> Staff:
    account = Staff(
        login=login,
        full_name=post.full_name,
        email=f"{login}@good-scenery.example",
        password_hash=password_hash,
        session_stamp=secrets.token_hex(8),
        is_active=True,
        failed_sign_ins=0,
        created_at=now(),
        grants=[RoleGrant(role=post.role, host_city_id=host_city_id, employer_id=employer_id)],
    )
    db.session.add(account)
    record("add_staff", account, role=post.role.value)
    return account
