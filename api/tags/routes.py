"""Routes about tags, and about the positions that carry them."""

import uuid
from typing import Any

import orjson
from fastapi import Request, Response

from api.parameters import AsOf
from api.problems import PROBLEMS, problems
from api.reads import ReadRouter
from api.security import Caller
from api.tags.schemas import (
    Assigned,
    ChangedTag,
    LiveEnvelope,
    NewTag,
    PositionTags,
    TagAssignment,
    TagDetails,
    TagList,
    TagSet,
)
from api.writes import write

router = ReadRouter(prefix="/api/v1", tags=["tags"])

_TAG: tuple[Any, str] = (uuid.UUID, "The tag.")
_POSITION: tuple[Any, str] = (uuid.UUID, "The position.")
_LIVE = "Tags are as they are now; `as_of` and `known_at` move what `meta` tells of, and which lots are counted."
_TAKEN = PROBLEMS | problems(_409="You have a tag of that name, in upper or lower case.")

router.read("/tags", "tags", LiveEnvelope[TagList], AsOf, summary="Your tags", description=_LIVE, needs_run=False)
router.read(
    "/tags/{tag_id}",
    "tag",
    LiveEnvelope[TagDetails],
    AsOf,
    summary="One tag",
    description=_LIVE,
    needs_run=False,
    tag_id=_TAG,
)
router.read(
    "/positions/{position_id}/tags",
    "position_tags",
    LiveEnvelope[PositionTags],
    AsOf,
    summary="The tags of a position",
    description=_LIVE,
    needs_run=False,
    position_id=_POSITION,
)


@router.post(
    "/tags",
    status_code=201,
    response_model=LiveEnvelope[TagDetails],
    summary="Make a tag",
    operation_id="create_tag",
    responses=_TAKEN,
)
async def create_tag(request: Request, caller: Caller, given: NewTag) -> Response:
    """`Location` is the address of the new tag."""
    body = await write(request, caller, "create_tag", name=given.name, color=given.color)
    return _json(body, 201, Location=f"{router.prefix}/tags/{orjson.loads(body)['data']['id']}")


@router.put(
    "/tags/{tag_id}",
    response_model=LiveEnvelope[TagDetails],
    summary="Rename or recolor a tag",
    operation_id="update_tag",
    responses=_TAKEN,
)
async def update_tag(request: Request, caller: Caller, tag_id: uuid.UUID, given: ChangedTag) -> Response:
    """What is left out stays."""
    return _json(await write(request, caller, "update_tag", tag_id=tag_id, name=given.name, color=given.color))


@router.delete("/tags/{tag_id}", status_code=204, summary="Delete a tag", operation_id="delete_tag", responses=PROBLEMS)
async def delete_tag(request: Request, caller: Caller, tag_id: uuid.UUID) -> None:
    """It goes off every position that carries it."""
    await write(request, caller, "delete_tag", tag_id=tag_id)


@router.put(
    "/positions/{position_id}/tags",
    response_model=LiveEnvelope[PositionTags],
    summary="Set the tags of a position",
    operation_id="set_position_tags",
    responses=PROBLEMS,
)
async def set_position_tags(request: Request, caller: Caller, position_id: uuid.UUID, given: TagSet) -> Response:
    """These and no others. All or nothing: 404 where the position or one of the tags is not yours."""
    return _json(await write(request, caller, "set_position_tags", position_id=position_id, tag_ids=given.tag_ids))


@router.post(
    "/positions/tags",
    response_model=LiveEnvelope[Assigned],
    summary="Tag many positions",
    operation_id="assign_tags",
    responses=PROBLEMS,
)
async def assign_tags(request: Request, caller: Caller, given: TagAssignment) -> Response:
    """Adds tags to and removes tags from all these positions. All or nothing: 404 where one of them is not yours."""
    return _json(
        await write(request, caller, "assign_tags", position_ids=given.position_ids, add=given.add, remove=given.remove)
    )


def _json(body: bytes, status: int = 200, **headers: str) -> Response:
    return Response(body, status, {"Cache-Control": "no-store", **headers}, media_type="application/json")
