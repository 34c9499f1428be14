"""Routes that answer with a file. The database answers as for every read; what comes back is laid out here."""

from typing import cast

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from api.exports.parameters import OfExport
from api.exports.schemas import Report
from api.reads import Read, ReadRouter
from batch.reports.document import parse
from batch.reports.write import MEDIA_TYPES, RENDERERS, file_name


class _ReportRead(Read):
    """A read whose answer is laid out in the format that was asked for."""

    async def answer(self, request: Request) -> Response:
        """200 with the file, 304, or a problem."""
        response = await super().answer(request)
        if response.status_code != 200:
            return response
        kind = cast(OfExport, self.parameters(request)).format
        document = parse(bytes(response.body))
        # of thousands of lots it takes a while, and other requests go on
        body = await to_thread.run_sync(RENDERERS[kind], document)
        headers = {name: response.headers[name] for name in ("ETag", "Cache-Control", "Vary")}
        headers["Content-Disposition"] = f'attachment; filename="{file_name(document, kind)}"'
        headers["Content-Type"] = MEDIA_TYPES[kind]
        return Response(body, headers=headers)


router = ReadRouter(prefix="/api/v1", tags=["exports"])

router.read(
    "/export/portfolio",
    "report",
    Report,
    OfExport,
    summary="A portfolio's report as a file",
    description="What `sigmasight report` writes, byte for byte. Cells of the CSV that a spreadsheet would take for a "
    "formula begin with an apostrophe; a figure that is missing says `unavailable` and why.",
    reader=_ReportRead,
    media_types=[kind.partition(";")[0] for kind in MEDIA_TYPES.values() if "json" not in kind],
)
