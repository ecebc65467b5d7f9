"""The pages on which two people become one, and one person is seen over the years."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from accounts.models import Role, Staff
from campaigns.models import Stop
from people.merge import merge
from people.models import PairState, Person, PersonMerge, PersonPair
from registrations.marked import marked
from registrations.models import Registration, RegistrationState
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, registrations
from tests.factories.people import somebody


@pytest.fixture
def office(client: Browser) -> Staff:
    """The province's organiser, signed in."""
    staff = accounts.staff(Role.ORGANISER)
    client.sign_in(staff)
    return staff


def pair_of(one: Person, other: Person) -> PersonPair:
    """An open pair."""
    with transaction():
        pair = PersonPair(
            one_id=min(one.id, other.id),
            other_id=max(one.id, other.id),
            score=70,
            reasons=["mobile", "similar_name"],
            found_at=now(),
            state=PairState.OPEN,
        )
        db.session.add(pair)
    return pair


def two(at: Stop | None = None) -> tuple[Registration, Registration]:
    """Two who are alike, each registered once."""
    return (
        registrations.registration(person=somebody("李文博"), at=at),
        registrations.registration(RegistrationState.APPLIED, person=somebody("李闻博"), at=at),
    )


def test_two_are_looked_at_side_by_side_merged_and_taken_apart(client: Browser, office: Staff) -> None:
    one, other = two()
    pair = pair_of(one.person, other.person)
    assert "李闻博" in client.get("/desk/people/pairs").text
    page = client.get(f"/desk/people/pairs/{pair.id}").text
    assert page.count("compare-differs") == 3
    assert "手机号相同" in page
    answer = client.post(
        f"/desk/people/pairs/{pair.id}/merge", data={"full_name": other.person_id, "email": one.person_id}
    )
    assert answer.status_code == 303
    merged = db.session.scalars(select(PersonMerge)).one()
    survivor = db.session.get_one(Person, merged.survivor_id, populate_existing=True)
    assert survivor.full_name == "李闻博"
    # An old link leads to who he is; his page shows both years; the registration's page too.
    assert client.get(f"/desk/people/{merged.absorbed_id}").headers["Location"].endswith(f"/{survivor.id}")
    for page in (f"/desk/people/{survivor.id}", f"/desk/registrations/{one.id}"):
        assert client.get(page).text.count('class="person-way-year') == 2
    assert "近三十天的合并" in client.get("/desk/people/pairs").text
    assert client.post(f"/desk/people/merges/{merged.id}/undo").status_code == 303
    assert client.get(f"/desk/people/pairs/{pair.id}").text.count('type="radio"') == 6


def test_two_registrations_for_one_stop_are_shown_and_chosen_between(client: Browser, office: Staff) -> None:
    one, other = two(at=campaigns.stop(capacity=9))
    pair = pair_of(one.person, other.person)
    assert one.spaced_code in client.get(f"/desk/people/pairs/{pair.id}").text
    client.post(f"/desk/people/pairs/{pair.id}/merge", data={f"registration_{one.stop_id}": other.id})
    states = dict(db.session.execute(select(Registration.id, Registration.state)).all())
    assert states == {one.id: RegistrationState.WITHDRAWN, other.id: RegistrationState.APPLIED}


def test_two_people_are_noted_as_two(client: Browser, office: Staff) -> None:
    one, other = two()
    pair = pair_of(one.person, other.person)
    client.post(f"/desk/people/pairs/{pair.id}/different")
    assert "没有发现疑似同一人" in client.get("/desk/people/pairs").text
    client.post(f"/desk/people/pairs/{pair.id}/again")
    assert "李闻博" in client.get("/desk/people/pairs").text


def test_a_merge_that_is_refused_says_why_on_the_page(client: Browser, office: Staff) -> None:
    one, other = two()
    somebody("李文博", mobile=other.person.mobile or "")
    pair = pair_of(one.person, other.person)
    answer = client.post(f"/desk/people/pairs/{pair.id}/merge", data={"mobile": other.person_id})
    assert answer.status_code == 409
    assert "已有另一人使用此姓名和手机号" in answer.text


def test_a_city_sees_only_pairs_of_its_own_and_counts_the_others(client: Browser) -> None:
    taiyuan, jincheng = campaigns.host_city("Taiyuan"), campaigns.host_city("Jincheng")
    mine, theirs = (
        registrations.registration(at=campaigns.stop(host=place), person=somebody(name))
        for place, name in ((taiyuan, "李文博"), (jincheng, "李闻博"))
    )
    pair = pair_of(mine.person, theirs.person)
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=taiyuan.id))
    page = client.get("/desk/people/pairs").text
    assert "李闻博" not in page
    assert "另有1对" in page
    assert client.get(f"/desk/people/pairs/{pair.id}").status_code == 404
    assert client.get(f"/desk/people/{theirs.person_id}").status_code == 404
    with transaction():
        merge(mine.person_id, theirs.person_id, by="system")
    page = client.get(f"/desk/registrations/{mine.id}").text
    assert page.count('class="person-way-year') == 1
    assert "另有1份" in page


def test_the_list_asks_as_many_questions_for_three_as_for_one(
    client: Browser, office: Staff, count_queries: CountQueries
) -> None:
    pair_of(*(registration.person for registration in two()))
    with count_queries() as for_one:
        client.get("/desk/people/pairs")
    for _more in range(2):
        pair_of(*(registration.person for registration in two()))
    with count_queries() as for_three:
        client.get("/desk/people/pairs")
    assert len(for_three) == len(for_one), for_three.listed()


@pytest.mark.parametrize(
    ("name", "typed", "shown"),
    [
        ("张文博", "文博", "张<文博>"),
        ("张文博", "zhangw", "<张文>博"),
        ("张文博", "wb", "张<文博>"),
        ("張文博", "张", "<張>文博"),
        ("阿不都·艾尼", "都艾", "阿不<都>·<艾>尼"),
        ("James O’Connor", "oconnor", "James <O>’<Connor>"),
        ("吕乐", "lv", "<吕>乐"),
        ("张文博", "1234", "张文博"),
        ("张文博", "", "张文博"),
        ("张文博", "<script>", "张文博"),
    ],
)
def test_what_was_matched_is_marked(name: str, typed: str, shown: str) -> None:
    found = str(marked(name, typed))
    assert found.replace('<mark class="found">', "<").replace("</mark>", ">") == shown
