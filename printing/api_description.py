"""The addresses of a printing station, added to the API's description."""

from __future__ import annotations

from checkin.api_description import (
    FLAG,
    MOMENT,
    NUMBER,
    TEXT,
    Shape,
    answer_shape,
    body_shape,
    describe_also,
    list_shape,
    named_shape,
    object_shape,
    one_of_shape,
    or_null,
    refusal_shapes,
)
from printing.api_views import TROUBLES
from printing.models import Failure, PrintState
from printing.papers import DEFAULT_PAPER, PAPERS

_PAPER: Shape = {
    "in": "query",
    "name": "paper",
    "schema": {"type": "string", "enum": list(PAPERS), "default": DEFAULT_PAPER},
}
_JOB: Shape = {"name": "job_id", "in": "path", "required": True, "schema": NUMBER}


def _job() -> Shape:
    return object_shape(
        ("again",),
        id=NUMBER,
        name=TEXT,
        unit=TEXT,
        badge_class_label=TEXT,
        state=one_of_shape(PrintState),
        state_label=TEXT,
        copy={**NUMBER, "description": "1, or which further copy it is"},
        tries=NUMBER,
        checkpoint=or_null(TEXT),
        asked_at=MOMENT,
        ended_at=or_null(MOMENT),
        again={**FLAG, "description": "It was in the station's hands before and may have come out"},
    )


def _pdf(words: str) -> Shape:
    return {
        "description": words,
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }


def _said(summary: str, words: str, **body: Shape) -> Shape:
    return {
        "post": {
            "summary": summary,
            "parameters": [_JOB],
            **body,
            "responses": {
                "200": answer_shape(words, state=one_of_shape(PrintState)),
                **refusal_shapes(400, 401, 403, 404, 409),
            },
        }
    }


def _paths() -> Shape:
    again = _said("Print it once more, at this station", "It waits.")
    again["post"]["responses"]["200"] = answer_shape("It waits.", state=one_of_shape(PrintState), id=NUMBER)
    return {
        "/api/v1/print-jobs/next": {
            "post": {
                "summary": "A printing station is listening, and takes the next badge when it is ready",
                "requestBody": body_shape(
                    object_shape(
                        ("ready", "trouble"),
                        ready=FLAG,
                        trouble=or_null({"type": "string", "enum": [*TROUBLES, None]}),
                    )
                ),
                "responses": {
                    "200": answer_shape(
                        "The badge to print now, and what the station shows.",
                        job=or_null(named_shape("PrintJob")),
                        waiting=NUMBER,
                        jobs=list_shape(named_shape("PrintJob")),
                    ),
                    **refusal_shapes(400, 401, 403),
                },
            }
        },
        "/api/v1/print-jobs/{job_id}.pdf": {
            "get": {
                "summary": "The badge in the station's hands, one page as large as the badge",
                "parameters": [_JOB, _PAPER],
                "responses": {"200": _pdf("The badge."), **refusal_shapes(400, 401, 403, 404, 409)},
            }
        },
        "/api/v1/print-jobs/trial.pdf": {
            "get": {
                "summary": "A badge of nobody, to try printer and paper",
                "parameters": [_PAPER],
                "responses": {"200": _pdf("The page."), **refusal_shapes(400, 401, 403)},
            }
        },
        "/api/v1/print-jobs/{job_id}/printed": _said("It has come out", "Noted."),
        "/api/v1/print-jobs/{job_id}/failed": _said(
            "It has not come out",
            "It waits for somebody to ask again.",
            requestBody=body_shape(object_shape(why=one_of_shape(Failure))),
        ),
        "/api/v1/print-jobs/{job_id}/give-back": _said(
            "The station has not begun with it", "It waits again."
        ),
        "/api/v1/print-jobs/{job_id}/again": again,
    }


describe_also(_paths(), {"PrintJob": _job()})
