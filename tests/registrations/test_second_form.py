"""What is asked after approval: of those who come, until its time, restricted answers sealed and their reading recorded."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from accounts.models import Role
from audit.models import AuditEntry
from campaigns.models import Stop
from messages.models import Message
from people.merge import id_number_of
from people.models import PairState, PersonPair
from privacy.purposes import Purpose
from questions.lookups import form_of
from questions.models import AskedWhen, Kind
from registrations.answers import answers_of, standing_of_second_form
from registrations.exports import answer_columns
from registrations.links import link_for
from registrations.models import Registration, RegistrationState
from registrations.sealed_answers import unsealed_answers
from registrations.tell import tell_of_step
from shared.clock import in_china, now
from shared.db import db, transaction
from tests.conftest import Browser
from tests.factories import accounts, campaigns, questions, registrations
from tests.promises import keep_promises

S = RegistrationState
ID = "11010519491231002X"


def with_second_form(id_number_for: Purpose = Purpose.TRAVEL) -> Stop:
    """A stop that asks for ID number, train and day of arrival; the train only of doctors."""
    stop = campaigns.stop()
    page = questions.page(stop.campaign)
    when = {"asked_when": AskedWhen.AFTER_APPROVAL, "page": page, "required": True}
    questions.question(
        stop.campaign,
        key="id_number",
        kind=Kind.RESIDENT_ID,
        restricted=True,
        label_zh="身份证号",
        purpose=id_number_for,
        **when,
    )
    questions.question(
        stop.campaign,
        key="train",
        kind=Kind.TRIP,
        condition={"question": "education", "op": "is", "value": "doctor"},
        **when,
    )
    questions.question(stop.campaign, key="arrival", kind=Kind.DATE, options={"latest": "opening"}, **when)
    return stop


def typed(stop: Stop, **changes: str) -> dict[str, str]:
    return {
        "id_number": ID,
        "train": "g602",
        "arrival": in_china(stop.starts_at).date().isoformat(),
        **changes,
    }


def path(registration: Registration) -> str:
    return f"/r/{link_for(registration)}/after-approval"


def test_who_comes_fills_it_in_and_the_id_number_is_sealed_masked_and_recorded(client: Browser) -> None:
    stop = with_second_form()
    registration = registrations.registration(at=stop)
    assert standing_of_second_form(registration) == "missing"
    assert path(registration) in client.get(f"/r/{link_for(registration)}").text
    assert 'name="train"' in client.get(path(registration)).text
    assert client.post(path(registration), data=typed(stop)).status_code == 303
    db.session.refresh(registration)
    assert registration.answers == {"train": "G602", "arrival": typed(stop)["arrival"]}
    assert unsealed_answers(registration) == {"id_number": ID}
    assert ID.encode() not in (registration.sealed_answers or b"")
    assert standing_of_second_form(registration) == "filled_in"
    stay, answers = client.get(f"/r/{link_for(registration)}").text.split('id="answers"')
    assert "G602" in stay, "beside the button that changes it"
    assert "G602" not in answers.split('id="agreements"')[0]
    assert [answer.words for answer in answers_of(registration) if answer.is_sealed] == ["1101**********002X"]
    open_ones, restricted = (
        [column.name for column in answer_columns(stop.campaign_id, restricted=kept)]
        for kept in (False, True)
    )
    assert ("answer.id_number" in open_ones, restricted) == (False, ["answer.id_number"])

    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id))
    page = client.get(f"/desk/registrations/{registration.id}").text
    assert "G602" in page
    assert ID not in page
    assert ID in client.post(f"/desk/registrations/{registration.id}/restricted").text
    looked = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "see_restricted_answers")).one()
    assert (looked.subject_id, looked.details["keys"]) == (registration.id, ["id_number"])


def test_the_same_id_number_makes_two_registrations_a_pair_for_staff_and_merges_nobody(
    client: Browser,
) -> None:
    stop = with_second_form(Purpose.REGISTRATION)
    first, second = (
        registrations.registration(at=stop),
        registrations.registration(at=stop, full_name="王思远"),
    )
    for registration in (first, second):
        assert client.post(path(registration), data=typed(stop)).status_code == 303
    keep_promises()
    db.session.expire_all()
    assert id_number_of(first.person) == ID
    assert id_number_of(second.person) is None
    pair = db.session.scalars(select(PersonPair)).one()
    assert {pair.one_id, pair.other_id} == {first.person_id, second.person_id}
    assert (pair.state, pair.score, pair.reasons[0]) == (PairState.OPEN, 100, "id_number")
    keep_promises()
    assert db.session.scalar(select(func.count()).select_from(PersonPair)) == 1


def test_an_id_number_asked_for_the_hotel_serves_nothing_else(client: Browser) -> None:
    stop = with_second_form()
    registration = registrations.registration(at=stop)
    assert client.post(path(registration), data=typed(stop)).status_code == 303
    keep_promises()
    db.session.expire_all()
    assert id_number_of(registration.person) is None


def test_a_wrong_answer_keeps_the_others_and_changing_it_later_shows_what_was_said(client: Browser) -> None:
    stop = with_second_form()
    registration = registrations.registration(at=stop)
    late = (in_china(stop.starts_at) + timedelta(days=1)).date().isoformat()
    answer = client.post(path(registration), data=typed(stop, arrival=late, train="高铁"))
    assert answer.status_code == 422
    assert answer.text.count('class="field-error"') == 2
    assert f'value="{ID}"' in answer.text
    client.post(path(registration), data=typed(stop))
    assert 'value="G602"' in client.get(path(registration)).text
    client.post(path(registration), data=typed(stop, train="D2004"))
    db.session.refresh(registration)
    assert registration.answers["train"] == "D2004"


def test_conditions_look_at_what_was_said_when_registering(client: Browser) -> None:
    from registrations.models import Education

    stop = with_second_form()
    master = registrations.registration(at=stop, education=Education.MASTER)
    sent = {key: value for key, value in typed(stop).items() if key != "train"}
    assert client.post(path(master), data=sent).status_code == 303
    db.session.refresh(master)
    assert "train" not in master.answers


def test_only_who_comes_may_fill_it_in_and_only_in_time(client: Browser) -> None:
    stop = with_second_form()
    waiting = registrations.registration(S.WAITING, at=stop)
    assert client.post(path(waiting), data=typed(stop)).status_code == 409
    late = registrations.registration(at=stop)
    form = form_of(stop.campaign_id)
    form.second_form_until = now() - timedelta(minutes=1)
    db.session.commit()
    assert client.get(path(late)).status_code == 303
    assert client.post(path(late), data=typed(stop)).status_code == 409
    assert client.get(path(registrations.registration())).status_code == 404  # nothing is asked there


def test_the_mail_that_confirms_leads_there(client: Browser) -> None:
    registration = registrations.registration(at=with_second_form())
    with transaction():
        tell_of_step(registration.id, S.CONFIRMED)
    message = db.session.scalars(select(Message).where(Message.registration_id == registration.id)).one()
    assert "/after-approval" in message.body_text
    assert "/after-approval" in message.body_html
