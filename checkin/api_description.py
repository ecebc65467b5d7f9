"""The API for devices in OpenAPI 3.1. A test holds it against the addresses there are and against real answers."""

from __future__ import annotations

from typing import Any

from campaigns.models import MovingCodes
from checkin.models import CheckpointKind, DeviceRole, Often, Verdict
from checkin.take_in import MOST_AT_ONCE
from registrations.models import BadgeClass, RegistrationState

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
NUMBER: Shape = {"type": "integer"}
FLAG: Shape = {"type": "boolean"}
MOMENT: Shape = {"type": "string", "format": "date-time"}
BY_NAME: Shape = {
    **NUMBER,
    "description": "Instead of code: whom a device that supervises has found by name. With a code: one of the same "
    "delegation as the code's holder",
}
UUID_7: Shape = {"type": "string", "format": "uuid"}


def _or_null(shape: Shape) -> Shape:
    return (
        {**shape, "type": [shape["type"], "null"]}
        if "type" in shape
        else {"oneOf": [shape, {"type": "null"}]}
    )


def _one_of(values: Any) -> Shape:
    return {"type": "string", "enum": [value.value for value in values]}


def _list(of: Shape, **more: Any) -> Shape:
    return {"type": "array", "items": of, **more}


def _object(optional: tuple[str, ...] = (), /, **properties: Shape) -> Shape:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _of(name: str) -> Shape:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(words: str, **properties: Shape) -> Shape:
    body = _object(**properties, server_time=MOMENT)
    return {"description": words, "content": {"application/json": {"schema": body}}}


def _body(shape: Shape) -> Shape:
    return {"required": True, "content": {"application/json": {"schema": shape}}}


def _refusals(*statuses: int) -> Shape:
    words = {
        400: "Not in the form described here; the sentence names the field.",
        401: "No token, or the device was revoked (error device_revoked).",
        403: "Not for a device of this role.",
        422: "Something that was typed is missing or wrong; fields has a sentence for each.",
        404: "Not there, or not for this device.",
        409: "The rules say no.",
        413: "Too much at once.",
        429: "Too many wrong codes from one place.",
    }
    return {
        str(status): {
            "description": words[status],
            "content": {"application/json": {"schema": _of("Refusal")}},
        }
        for status in statuses
    }


def _schemas() -> Shape:
    passed = _object(
        ("day", "within"), at=MOMENT, gate=TEXT, day={"type": "string", "format": "date"}, within=FLAG
    )
    return {
        "Refusal": _object(
            ("request_id", "fields", "registration_id"),
            error=TEXT,
            message=TEXT,
            request_id=_or_null(TEXT),
            fields={"type": "object", "additionalProperties": TEXT},
            registration_id={**NUMBER, "description": "Who stands on the list already and may be let in"},
            server_time=MOMENT,
        ),
        "Checkpoint": _object(
            ("printing",),
            id=NUMBER,
            name=TEXT,
            kind=_one_of(CheckpointKind),
            often=_one_of(Often),
            opens_at=_or_null(MOMENT),
            closes_at=_or_null(MOMENT),
            badge_classes=_list(_one_of(BadgeClass)),
            programme_item_id=_or_null(NUMBER),
            after_arrival=FLAG,
            shows_notes=FLAG,
            fields=_list({**TEXT, "description": "What is shown here beside name, unit and class"}),
            capacity=_or_null(NUMBER),
            ended_at=_or_null(MOMENT),
            printing=_or_null(_object(at=_list(TEXT), in_order=FLAG)),
        ),
        "Device": _object(
            id=NUMBER,
            name=TEXT,
            role=_one_of(DeviceRole),
            stop=_object(
                id=NUMBER,
                city=TEXT,
                venue=TEXT,
                starts_at=MOMENT,
                ends_at=MOMENT,
                campaign=TEXT,
                cancelled_at=_or_null(MOMENT),
                moving_codes=_one_of(MovingCodes),
            ),
            checkpoints=_list(_of("Checkpoint")),
            expires_at=MOMENT,
        ),
        "Scan": _object(
            ("direction", "code", "registration_id"),
            id=UUID_7,
            checkpoint_id=NUMBER,
            code=TEXT,
            registration_id=BY_NAME,
            direction={"type": "string", "enum": ["in", "out"]},
        ),
        "Upload": _object(
            ("direction", "clock_ahead_ms", "reason", "code", "registration_id"),
            id=UUID_7,
            checkpoint_id=NUMBER,
            code=TEXT,
            registration_id=BY_NAME,
            direction={"type": "string", "enum": ["in", "out"]},
            device_at=MOMENT,
            clock_ahead_ms={"type": "number"},
            reason=_or_null(TEXT),
        ),
        "Taken": _object(
            id=_or_null(TEXT),
            kept=FLAG,
            set_aside=_or_null(TEXT),
            verdict={"enum": [*map(str, Verdict), None]},
        ),
        "Holder": _object(
            ("y", "f", "g"),
            i=NUMBER,
            h={**TEXT, "description": "base64 of the first 12 bytes of SHA-256(salt || short code)"},
            n=TEXT,
            u=_or_null(TEXT),
            c=_one_of(BadgeClass),
            s=_one_of(RegistrationState),
            x=_list(NUMBER),
            a={**_or_null(TEXT), "description": "Attention: what the gate should know, where shows_notes"},
            p={"type": "object", "additionalProperties": passed},
            g={**NUMBER, "description": "The delegation he came with"},
            f=_list({**TEXT, "description": "The value of each of the bundle's fields; empty: none"}),
            y=_list({**TEXT, "description": "Pinyin and initials; only where the device supervises"}),
        ),
        "Other": _object(
            registration_id=NUMBER,
            name=TEXT,
            unit=TEXT,
            badge_class=_one_of(BadgeClass),
            attention=_or_null(TEXT),
            passed_at=_or_null(MOMENT),
        ),
        "Found": _object(
            registration_id=NUMBER,
            name=TEXT,
            unit=TEXT,
            mobile_tail=TEXT,
            badge_class=_one_of(BadgeClass),
            state=_one_of(RegistrationState),
            arrived_at=_or_null(MOMENT),
            passed=_list(_object(scan_id=UUID_7, checkpoint_id=NUMBER, at=MOMENT, gate=TEXT)),
        ),
    }


def _decided() -> dict[str, Shape]:
    return {
        "id": UUID_7,
        "let_in": FLAG,
        "reason": _or_null(TEXT),
        "message": TEXT,
        "name": _or_null(TEXT),
        "unit": _or_null(TEXT),
        "badge_class": _or_null(TEXT),
        "badge_class_label": _or_null(TEXT),
        "at": MOMENT,
        "first": _or_null(_object(at=MOMENT, gate=TEXT)),
        "attention": _or_null(TEXT),
        "fields": _list(_object(label=TEXT, value=TEXT)),
        "within": _or_null(_object(number=NUMBER, most=NUMBER)),
        "group": {
            **_or_null(NUMBER),
            "description": "The delegation whose others may be let in with this ticket",
        },
    }


def _paths() -> Shape:
    device = _of("Device")
    in_query = {"in": "query", "schema": TEXT}
    return {
        "/api/v1/devices/join": {
            "post": {
                "summary": "Join a device with a code or a PIN",
                "security": [],
                "requestBody": _body(
                    _object(
                        ("name", "prints"),
                        code=TEXT,
                        name=TEXT,
                        prints={
                            **FLAG,
                            "description": "True for a printing station, whose codes are its own",
                        },
                    )
                ),
                "responses": {
                    "201": _answer("Joined; the token is shown this once.", token=TEXT, device=device),
                    **_refusals(400, 404, 409, 413, 429),
                },
            }
        },
        "/api/v1/device": {
            "get": {
                "summary": "What this device is and may",
                "parameters": [
                    {
                        **in_query,
                        "name": "pending",
                        "description": "Scans that are not uploaded yet",
                        "schema": NUMBER,
                    },
                    {**in_query, "name": "held_at", "description": "Of when its data are", "schema": MOMENT},
                ],
                "responses": {"200": _answer("The device.", device=device), **_refusals(400, 401)},
            }
        },
        "/api/v1/scans": {
            "post": {
                "summary": "Decide one scan now",
                "requestBody": _body(_of("Scan")),
                "responses": {
                    "200": _answer("Decided: let in, or refused with the reason.", **_decided()),
                    **_refusals(400, 401, 403, 404, 409, 413),
                },
            }
        },
        "/api/v1/scans/batch": {
            "post": {
                "summary": "Hand in what was scanned alone; in any order, in pieces, twice",
                "requestBody": _body(
                    _object(
                        ("scans", "undone"),
                        scans=_list(_of("Upload"), maxItems=MOST_AT_ONCE),
                        undone=_list(UUID_7, maxItems=MOST_AT_ONCE),
                    )
                ),
                "responses": {
                    "200": _answer("What became of each, in the order sent.", results=_list(_of("Taken"))),
                    **_refusals(400, 401, 413),
                },
            }
        },
        "/api/v1/scans/{scan_id}/group": {
            "get": {
                "summary": "The others of the delegation whose member was scanned a moment ago; not for a kiosk",
                "parameters": [{"name": "scan_id", "in": "path", "required": True, "schema": UUID_7}],
                "responses": {
                    "200": _answer(
                        "Each is let in by a scan with that member's code and his registration_id.",
                        people=_list(_of("Other")),
                    ),
                    **_refusals(401, 403, 404),
                },
            }
        },
        "/api/v1/scans/{scan_id}/undo": {
            "post": {
                "summary": "Take a scan back",
                "parameters": [{"name": "scan_id", "in": "path", "required": True, "schema": UUID_7}],
                "responses": {"200": _answer("Taken back.", undone=FLAG), **_refusals(401, 403, 404, 409)},
            }
        },
        "/api/v1/bundle": {
            "get": {
                "summary": "What the device holds to go on without a network",
                "responses": {
                    "200": _answer(
                        "The bundle; its revision is the ETag.",
                        revision=TEXT,
                        made_at=MOMENT,
                        expires_at=MOMENT,
                        salt=TEXT,
                        public_keys={"type": "object", "additionalProperties": TEXT},
                        key_ends={
                            "type": "object",
                            "additionalProperties": MOMENT,
                            "description": "From when on tickets of a key do not pass, by the key's number",
                        },
                        keys_withdrawn={
                            "type": "object",
                            "additionalProperties": MOMENT,
                            "description": "Since when a key is withdrawn: none of its tickets passes",
                        },
                        cancelled_at={
                            **_or_null(MOMENT),
                            "description": "Since when the stop is cancelled; nobody is listed then",
                        },
                        other_stops={
                            "type": "object",
                            "additionalProperties": _object(city=TEXT, venue=TEXT, day=TEXT),
                            "description": "The campaign's other stops, by their number, as people read them",
                        },
                        revoked={
                            **_list(NUMBER),
                            "description": "Registrations whose tickets do not pass, whatever their serial",
                        },
                        reissued={
                            "type": "object",
                            "additionalProperties": NUMBER,
                            "description": "The least serial that passes, by registration; 0 where nothing is said",
                        },
                        checkpoints=_list(_of("Checkpoint")),
                        arrival_id={
                            **_or_null(NUMBER),
                            "description": "The stop's door, where a checkpoint asks for it",
                        },
                        fields=_list(_object(name=TEXT, label=TEXT)),
                        people=_list(_of("Holder")),
                    ),
                    "304": {"description": "It holds the same already (If-None-Match)."},
                    **_refusals(401),
                },
            }
        },
        "/api/v1/search": {
            "get": {
                "summary": "Find somebody of the stop; only for a device that supervises",
                "parameters": [
                    {**in_query, "name": "q", "required": True, "description": "Two characters or more"}
                ],
                "responses": {
                    "200": _answer("At most twenty.", people=_list(_of("Found"), maxItems=20)),
                    **_refusals(400, 401, 403),
                },
            }
        },
        "/api/v1/walk-ins": {
            "post": {
                "summary": "Register somebody on the spot and let him in; only for a device that supervises the door",
                "description": "Sent again with the same id it is the same person, registration and arrival. A device "
                "that wrote somebody down without a network says when (device_at); the arrival is of that time.",
                "requestBody": _body(
                    _object(
                        ("badge_class", "device_at", "clock_ahead_ms"),
                        id=UUID_7,
                        full_name=TEXT,
                        mobile=TEXT,
                        unit=TEXT,
                        badge_class=_one_of(BadgeClass),
                        consent_version={**TEXT, "description": "The text to which the person has agreed"},
                        device_at=MOMENT,
                        clock_ahead_ms={"type": "number"},
                    )
                ),
                "responses": {
                    "201": _answer("Registered and let in.", **_decided(), registration_id=NUMBER),
                    **_refusals(400, 401, 403, 404, 409, 413, 422),
                },
            }
        },
        "/api/v1/openapi.json": {
            "get": {
                "summary": "This description",
                "security": [],
                "responses": {
                    "200": {
                        "description": "OpenAPI 3.1.",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    }
                },
            }
        },
    }


_more: list[tuple[Shape, Shape]] = []


def describe_also(paths: Shape, schemas: Shape) -> None:
    """A package above adds its addresses, and the shapes they name, to the document."""
    _more.append((paths, schemas))


def description() -> Shape:
    """The whole document."""
    paths, schemas = _paths(), _schemas()
    for more_paths, more_schemas in _more:
        paths.update(more_paths)
        schemas.update(more_schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Good Scenery: scanning devices",
            "version": "1",
            "description": "A device joins with a code, then shows its token with each request "
            "(Authorization: Bearer). Sentences come in Chinese, or in English where Accept-Language asks for it.",
        },
        "security": [{"device": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"device": {"type": "http", "scheme": "bearer"}},
        },
    }


# For the packages above, which describe what they add in the same shapes.
answer_shape, body_shape, list_shape, named_shape = _answer, _body, _list, _of
object_shape, one_of_shape, or_null, refusal_shapes = _object, _one_of, _or_null, _refusals
