"""What stands in the applicant's own calendar: valid, one entry for ever, following the stop and leaving with the seat."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import NamedTuple

from flask import Flask
from sqlalchemy import select, text

from audit.record import APPLICANT, record
from campaigns.facts import StopCancelled, StopMoved
from campaigns.models import Stop
from jobs.outbox import announce
from messages.models import Message
from messages.send import as_mail
from registrations.models import ProgrammeChoice, Registration
from registrations.move import move_to_stop
from registrations.register import withdraw
from shared.clock import in_china, now
from shared.db import db, transaction
from tests.conftest import Browser
from tests.factories import campaigns, registrations
from tests.promises import keep_promises


class Part(NamedTuple):
    """A component with its properties (name → values with their parameters) and what lies in it."""

    name: str
    properties: dict[str, list[str]]
    parts: list[Part]

    def value(self, name: str) -> str:
        """The only value of a property, without parameters."""
        (whole,) = self.properties[name]
        return whole.rpartition(":")[2] if name != "ORGANIZER" else whole

    def all(self, name: str) -> list[Part]:
        """What lies directly in it, of this kind."""
        return [part for part in self.parts if part.name == name]


def read(text_of_file: str) -> Part:
    """Read a calendar as strictly as the format is written; asserts where it is not kept."""
    assert text_of_file.endswith("\r\n")
    lines = text_of_file[:-2].split("\r\n")
    assert all(0 < len(line.encode()) <= 75 and "\n" not in line and "\r" not in line for line in lines)
    whole: list[str] = []
    for line in lines:
        if line.startswith(" "):
            whole[-1] += line[1:]
        else:
            whole.append(line)
    open_parts: list[Part] = [Part("", {}, [])]
    for line in whole:
        found = re.fullmatch(r"([A-Z-]+)((?:;[A-Z-]+=(?:\"[^\"]*\"|[^\";:,]*))*):(.*)", line)
        assert found, line
        name, parameters, value = found.groups()
        if name == "BEGIN":
            open_parts.append(Part(value, {}, []))
        elif name == "END":
            closed = open_parts.pop()
            assert closed.name == value
            open_parts[-1].parts.append(closed)
        else:
            open_parts[-1].properties.setdefault(name, []).append(f"{parameters}:{value}")
    (root,) = open_parts
    (calendar,) = root.parts
    assert calendar.name == "VCALENDAR"
    assert (calendar.value("VERSION"), calendar.value("METHOD")) in {("2.0", "PUBLISH"), ("2.0", "CANCEL")}
    zones = {zone.value("TZID") for zone in calendar.all("VTIMEZONE")}
    for event in calendar.all("VEVENT"):
        once = ("UID", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "ORGANIZER", "STATUS")
        assert all(len(event.properties[name]) == 1 for name in once)
        for name in ("DTSTART", "DTEND"):
            (moment,) = event.properties[name]
            assert re.fullmatch(r";TZID=Asia/Shanghai:\d{8}T\d{6}", moment)
        assert zones == {"Asia/Shanghai"}
        assert re.fullmatch(r":\d{8}T\d{6}Z", event.properties["DTSTAMP"][0])
        for alarm in event.all("VALARM"):
            assert set(alarm.properties) >= {"ACTION", "TRIGGER", "DESCRIPTION"}
    if calendar.value("METHOD") == "CANCEL":
        assert len({event.value("UID") for event in calendar.all("VEVENT")}) == 1
    return calendar


def sent(registration: Registration) -> list[tuple[str, list[Part]]]:
    """(kind of mail, calendars in it), the oldest first, after everything due has been done."""
    keep_promises()
    found = db.session.scalars(
        select(Message).where(Message.registration_id == registration.id).order_by(Message.id)
    )
    return [(one.kind, [read(calendar) for calendar in one.calendars]) for one in found]


def move(stop: Stop, **changes: object) -> None:
    for name, value in changes.items():
        setattr(stop, name, value)
    record("revise_stop", stop)
    announce(StopMoved(stop_id=stop.id))
    db.session.commit()
    keep_promises()


def told_confirmed(registration: Registration) -> None:
    from registrations.tell import tell_of_step

    with transaction():
        tell_of_step(registration.id, registration.state)


def test_the_entry_follows_the_stop_under_one_name_and_leaves_with_the_seat(app: Flask) -> None:
    registration = registrations.registration(
        at=campaigns.stop(venue_zh="会议中心，一层;东厅"), language="zh"
    )
    stop = registration.stop
    salon = campaigns.item(at=stop, is_chosen=True)
    db.session.add(
        ProgrammeChoice(registration_id=registration.id, item_id=salon.id, group_zh="", chosen_at=now())
    )
    db.session.commit()
    told_confirmed(registration)
    move(stop, starts_at=stop.starts_at - timedelta(hours=1))
    move(stop, venue_zh="另一处")
    with transaction():
        withdraw(registration.id, by=APPLICANT, reason=None)
    (confirmed, first), *moved, (last, cancelled) = sent(registration)

    entry, item = first[0].all("VEVENT")
    assert confirmed == "confirmed"
    assert entry.value("UID") == f"registration-{registration.id}@good-scenery"
    assert item.value("UID") == f"registration-{registration.id}-item-{salon.id}@good-scenery"
    assert entry.value("STATUS") == "CONFIRMED"
    assert entry.value("LOCATION").startswith("会议中心，一层\\;东厅")
    assert [alarm.value("TRIGGER") for alarm in entry.all("VALARM")] == ["-P1D", "-PT2H"]

    events = [calendars[0].all("VEVENT")[0] for _kind, calendars in moved]
    gone = [calendar.all("VEVENT")[0] for calendar in cancelled]
    assert [kind for kind, _calendars in moved][-1] == "moved"
    assert last == "withdrawn"
    assert {event.value("UID") for event in (*events, gone[0])} == {entry.value("UID")}
    numbers = [int(event.value("SEQUENCE")) for event in (entry, events[-1], gone[0])]
    assert numbers[1] >= numbers[0] + 2
    assert numbers[2] > numbers[1]
    assert events[-1].value("DTSTART") == f"{in_china(stop.starts_at):%Y%m%dT%H%M%S}"
    assert [calendar.value("METHOD") for calendar in cancelled] == ["CANCEL", "CANCEL"]
    assert {one.value("STATUS") for one in gone} == {"CANCELLED"}
    assert gone[1].value("UID") == item.value("UID")


def test_a_cancelled_stop_and_a_change_to_another_are_told_to_the_calendar(app: Flask) -> None:
    campaign = campaigns.campaign()
    first, second = campaigns.stop(of=campaign), campaigns.stop(of=campaign)
    registration = registrations.registration(at=first, language="en")
    told_confirmed(registration)
    for hours in (1, 2, 3):
        first.starts_at -= timedelta(hours=hours)
        db.session.commit()
    db.session.refresh(registration)
    with transaction():
        move_to_stop(registration.id, second.id, by=APPLICANT)
    keep_promises()
    second.cancelled_at = now()
    announce(StopCancelled(stop_id=second.id))
    db.session.commit()
    db.session.expire_all()
    told = [(kind, calendars) for kind, calendars in sent(registration) if calendars]
    assert [kind for kind, _calendars in told] == ["confirmed", "confirmed", "cancelled"]
    events = [calendars[0].all("VEVENT")[0] for _kind, calendars in told]
    numbers = [int(event.value("SEQUENCE")) for event in events]
    assert numbers == sorted(set(numbers)), "the second stop's number goes on from the first's"
    assert numbers[1] > 3
    assert len({event.value("UID") for event in events}) == 1
    assert events[2].value("STATUS") == "CANCELLED"
    assert told[2][1][0].value("METHOD") == "CANCEL"
    assert events[1].value("SUMMARY").endswith(second.city_en)


def test_whoever_moves_a_stop_by_hand_raises_the_number_too(app: Flask) -> None:
    """And whatever else is changed leaves it alone: a calendar is not disturbed for a seat more."""
    stop = campaigns.stop()
    item = campaigns.item(at=stop)

    def numbers() -> tuple[int, int]:
        row = db.session.execute(
            text(
                "SELECT s.calendar_sequence, i.calendar_sequence FROM stops s JOIN programme_items i ON i.stop_id = s.id "
                "WHERE s.id = :id"
            ),
            {"id": stop.id},
        ).one()
        return row[0], row[1]

    db.session.execute(text("UPDATE stops SET capacity = capacity + 1, venue_zh = venue_zh"))
    assert numbers() == (0, 0)
    db.session.execute(text("UPDATE stops SET address_en = 'elsewhere'"))
    db.session.execute(text("UPDATE programme_items SET place_zh = '别处' WHERE id = :id"), {"id": item.id})
    assert numbers() == (1, 1)


def test_the_file_goes_with_the_mail_as_it_was_written(app: Flask, client: Browser) -> None:
    registration = registrations.registration()
    told_confirmed(registration)
    message = db.session.scalars(select(Message).where(Message.registration_id == registration.id)).one()
    mail = as_mail(message, "Good Scenery <office@example.com>")
    (attached,) = list(mail.iter_attachments())
    assert attached.get_content_type() == "text/calendar"
    assert attached.get_param("method") == "PUBLISH"
    assert attached.get_filename() == "calendar.ics"
    payload = attached.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode() == message.calendars[0]
    assert mail.get_body(("html",)) is not None
