"""The body of an upload: a form with a file and options."""

from pathlib import PurePosixPath

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from api.errors import Problem, invalid, too_large
from api.portfolio.upload_schemas import UploadOptions
from loaders.positions_csv.decode import MAX_BYTES

# what surrounds the file: boundaries, headers of the parts, the other fields
MOST_BODY_BYTES = MAX_BYTES + 64 * 1024
_FORM = "multipart/form-data"
_MOST_FIELDS = 20
_MOST_FIELD_BYTES = 4096
_LONGEST_NAME = 200


async def read_form(request: Request, query: UploadOptions) -> tuple[str, bytes, UploadOptions]:
    """The file's name, its bytes, and the options of the form and of `query` together.

    Raises the problems 413 (file too large), 415 (no form), 422 (no file, or a field that cannot be used).
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise Problem(
            415, f"The body has to be {_FORM}, with the CSV in the field `file`; it came as {kind or 'nothing'}."
        )
    parser = MultiPartParser(
        request.headers, request.stream(), max_files=1, max_fields=_MOST_FIELDS, max_part_size=_MOST_FIELD_BYTES
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise invalid([{"loc": ("body",), "msg": f"the form cannot be read: {error.message}"}]) from None
    try:
        given: dict[str, str] = {}
        file: UploadFile | None = None
        for name, value in form.multi_items():
            if name == "file":
                if not isinstance(value, UploadFile):
                    raise invalid([{"loc": ("body", "file"), "msg": "is text, not a file: the part needs a filename"}])
                file = value
            elif name in given or name in query.model_fields_set:
                raise invalid([{"loc": ("body", name), "msg": "is given more than once"}])
            elif isinstance(value, str) and value:
                given[name] = value
        if file is None:
            raise invalid([{"loc": ("body", "file"), "msg": "is missing: attach the CSV file"}])
        if (file.size or 0) > MAX_BYTES:
            raise too_large(MAX_BYTES)
        return _name(file.filename), await file.read(), _options(given, query)
    finally:
        await form.close()


def _name(given: str | None) -> str:
    """What the client calls the file, without folders and what cannot be shown; it names the file and opens none."""
    last = PurePosixPath((given or "").replace("\\", "/")).name
    return "".join(c for c in last if c.isprintable())[:_LONGEST_NAME] or "upload.csv"


def _options(given: dict[str, str], query: UploadOptions) -> UploadOptions:
    try:
        return UploadOptions.model_validate({**query.model_dump(exclude_unset=True), **given})
    except ValidationError as error:
        raise invalid([{**one, "loc": ("body", *one["loc"])} for one in error.errors()]) from None
