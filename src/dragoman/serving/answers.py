"""The forms of the API's answers, for its description and for checking what is asked."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel

#: The id of a report or event in an address.
Key = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9]+$")]
#: The code of a country or organisation in an address.
Code = Annotated[str, Path(min_length=1, max_length=8, pattern=r"^[A-Za-z0-9]+$")]


class ProblemBody(BaseModel):
    """An error: RFC 9457."""

    type: str
    title: str
    status: int
    detail: str


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of the errors that an address may answer."""
    every = sorted({*statuses, 401, 413, 421, 422})
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": {"schema": ProblemBody.model_json_schema()}},
        }
        for status in every
    }
