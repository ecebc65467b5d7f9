"""The preview shows what applicants will be asked, checks what is typed into it, and keeps nothing."""

from __future__ import annotations

import io

from sqlalchemy import func, select

from accounts.models import Role
from questions.models import AskedWhen, Kind
from registrations.models import Registration
from shared.db import db
from tests.conftest import Browser
from tests.factories import accounts, campaigns, questions
from tests.files.samples import pdf


def test_the_second_form_is_tried_with_pretended_answers_to_the_first(client: Browser) -> None:
    stop = campaigns.stop()
    room = questions.question(
        stop.campaign, kind=Kind.SEVERAL, label_zh="需要什么", options=questions.choices("bed", "meal")
    )
    questions.question(stop.campaign, label_zh="与此无关")
    for label, condition in (
        ("与谁同住", {"question": room.key, "op": "contains", "value": "bed"}),
        ("博士论文", {"question": "education", "op": "is", "value": "doctor"}),
    ):
        questions.question(
            stop.campaign, label_zh=label, condition=condition, asked_when=AskedWhen.AFTER_APPROVAL
        )
    client.sign_in(accounts.staff(Role.ORGANISER))
    base = f"/desk/campaigns/{stop.campaign_id}/form/preview"
    frame = client.get(f"{base}?when=after_approval&given.education=doctor&given.{room.key}=bed").text
    assert f'name="given.{room.key}"' in frame
    assert 'value="doctor" selected' in frame
    assert "与此无关" not in frame
    assert "given.education=doctor" in frame[frame.index("<iframe") :]
    assert "given." not in client.get(base).text

    def unasked(given: str) -> set[str]:
        page = client.get(f"{base}/sheet?when=after_approval{given}").text
        pieces = page.split('class="question"')[1:]
        return {
            name
            for name in ("与谁同住", "博士论文")
            for one in pieces
            if name in one and "data-unasked" in one.split(">")[0]
        }

    assert unasked("") == {"与谁同住", "博士论文"}
    assert unasked(f"&given.{room.key}=bed&given.{room.key}=meal") == {"博士论文"}
    assert unasked("&given.education=doctor&given.education-x=1") == {"与谁同住"}


def test_the_preview_asks_as_the_form_does_and_stores_nothing(client: Browser) -> None:
    taiyuan = campaigns.stop()
    jincheng = campaigns.stop(of=taiyuan.campaign, city_zh="晋城")
    questions.question(taiyuan.campaign, label_zh="只问晋城", label_en="Only Jincheng", stop_id=jincheng.id)
    questions.question(taiyuan.campaign, label_zh="住哪里", asked_when=AskedWhen.AFTER_APPROVAL)
    cv = questions.question(taiyuan.campaign, kind=Kind.FILE, label_zh="简历", required=True)
    client.sign_in(accounts.staff(Role.ORGANISER))
    base = f"/desk/campaigns/{taiyuan.campaign_id}/form/preview"
    frame = client.get(f"{base}?stop={jincheng.id}&language=en&device=desk").text
    assert f"stop={jincheng.id}&amp;language=en" in frame
    shown = client.get(f"{base}/sheet?stop={taiyuan.id}")
    assert "只问晋城" not in shown.text
    assert "住哪里" not in shown.text
    assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    english = client.get(f"{base}/sheet?stop={jincheng.id}&language=en").text
    assert "Only Jincheng" in english
    assert '<html lang="en"' in english
    assert "住哪里" in client.get(f"{base}/sheet?stop={taiyuan.id}&when=after_approval").text
    typed = {"full_name": "李文博", "mobile": "13800138000", "email": "li@example.com", "university": "山西大学",
             "education": "doctor", "research_field": "煤基新材料", "consent": "y"}  # fmt: skip
    wrong = client.post(f"{base}/sheet?stop={taiyuan.id}", data=typed | {"mobile": "1"})
    assert wrong.status_code == 422
    assert "11 位" in wrong.text
    assert "李文博" in wrong.text
    right = client.post(
        f"{base}/sheet?stop={taiyuan.id}", data=typed | {f"{cv.key}-file": (io.BytesIO(pdf()), "cv.pdf")}
    )
    assert right.status_code == 200
    assert "没有保存任何内容" in right.text
    assert db.session.scalar(select(func.count()).select_from(Registration)) == 0
    assert client.get(f"/desk/campaigns/{campaigns.campaign().id}/form/preview/sheet").status_code == 200
    assert client.get("/desk").headers["X-Frame-Options"] == "DENY"
