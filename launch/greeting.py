"""What a person reads when the product is up."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

from launch.settings import LaunchSettings

DemoAccount = tuple[str, str, str]
"""Login, password, what this person sees."""


def greeting(settings: LaunchSettings, accounts: Sequence[DemoAccount], *, seconds: float) -> str:
    """The lines to print: where it is, who can sign in, where to look first, how to end it."""
    lines = [
        "",
        f"  好风光 Good Scenery  ·  ready in {seconds:.1f} s",
        "",
        f"    {settings.address}/            what an applicant sees / 报名页面",
        f"    {settings.address}/sign-in     for the office / 工作人员登录",
    ]
    if accounts:
        login = max(len(account[0]) for account in accounts)
        password = max(len(account[1]) for account in accounts)
        lines += ["", "    Demo accounts / 演示账号"]
        lines += [f"      {name:{login}}  {word:{password}}  {sees}" for name, word, sees in accounts]
        lines += [
            "",
            "    Look first at the public page and register; then sign in as the organiser and open the funnel.",
            "    先打开报名页面报名，再以组织者身份登录查看漏斗。",
        ]
        if settings.host not in ("127.0.0.1", "localhost", "::1"):
            lines += [
                "",
                f"    Careful: HOST={settings.host} opens these accounts with known passwords to the network; "
                "DEMO=0 starts empty.",
                "    注意：演示账号的密码是公开的，请勿对外开放；用 DEMO=0 启动空库。",
            ]
    else:
        lines += [
            "",
            '    The first account / 创建第一个账号:  make flask ARGS="staff add --help"',
        ]
    if not settings.smtp_url:
        lines += [
            "",
            "    SMTP_URL is not set: mails are not sent but kept in the message log of the staff pages.",
            "    未设置 SMTP_URL：邮件不会发出，可在后台“消息记录”中查看。",
        ]
    lines += ["", f"    Data / 数据目录: {settings.data_dir}", "    Ctrl-C ends it / 按 Ctrl-C 停止", ""]
    return "\n".join(lines)


def say(text: str, *, error: bool = False) -> None:
    """Print ``text`` at once, on any terminal; when nobody listens any more, life goes on."""
    stream = sys.stderr if error else sys.stdout
    encoding = stream.encoding or "ascii"
    with contextlib.suppress(OSError):
        print(text.encode(encoding, "replace").decode(encoding), file=stream, flush=True)
