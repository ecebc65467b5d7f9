"""How to sign in to the demo: one account for each kind of work. Imports nothing, because the start shows it."""

from __future__ import annotations

from typing import NamedTuple


class DemoAccount(NamedTuple):
    """How to sign in, and what one sees then."""

    login: str
    password: str
    sees: str


PASSWORD = "good-scenery-demo"

DEMO_ACCOUNTS: list[DemoAccount] = [
    DemoAccount("admin", PASSWORD, "管理员 · 全省 — administrator, everything"),
    DemoAccount("taiyuan", PASSWORD, "组织者 · 太原 — organiser of Taiyuan's stops"),
    DemoAccount("jincheng", PASSWORD, "组织者 · 晋城 — organiser of Jincheng, sees nothing of Taiyuan"),
    DemoAccount("gate", PASSWORD, "志愿者 · 太原签到台 — gate volunteer in Taiyuan"),
    DemoAccount("recruiter", PASSWORD, "招引专员 · 全省 — recruiter, follows leads"),
    DemoAccount("employer", PASSWORD, "用人单位联系人 — an employer's contact"),
    DemoAccount("viewer", PASSWORD, "领导查看 — sees the funnel only"),
]
