"""What the product takes in of this package."""

from __future__ import annotations

from registrations import (
    answer_files,
    answer_views,
    belongings,
    carried,
    draft_views,
    edits_views,
    entry_views,
    export_views,
    invitation_views,
    moving_views,
    own_copy,
    own_data_views,
    own_views,
    people_views,
    programme_desk_views,
    programme_views,
    purge,
    queue_views,
    retention_views,
    reviewer_views,
    seat_views,
    second_form_views,
    staff_views,
    tasks,
    ticket_views,
    views,
)
from registrations.cli import ticket_key_commands
from shared.edges import Edges

EDGES = Edges(
    pages=(
        views.bp,
        own_views.bp,
        own_data_views.bp,
        edits_views.bp,
        draft_views.bp,
        answer_views.bp,
        second_form_views.bp,
        programme_views.bp,
        programme_desk_views.bp,
        retention_views.bp,
        staff_views.bp,
        people_views.bp,
        entry_views.bp,
        invitation_views.bp,
        ticket_views.bp,
        moving_views.bp,
    ),
    more=(
        answer_files,
        belongings,
        carried,
        export_views,
        own_copy,
        purge,
        queue_views,
        reviewer_views,
        seat_views,
        tasks,
    ),
    commands=(ticket_key_commands,),
    ask_for_token_themselves=(views.register, second_form_views.fill_in, own_views.answers),
)
