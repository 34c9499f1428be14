"""Bodies as received, stored before anything reads them."""

import hashlib
import re

import psycopg

# it differs in every answer; without it the same answer is recognised as the same
_REQUEST_ID = re.compile(rb'"request_id"\s*:\s*"[^"]*"\s*,?')


def content_sha256(body: bytes) -> bytes:
    """The hash by which an answer is known again: of the body without its request_id."""
    return hashlib.sha256(_REQUEST_ID.sub(b"", body)).digest()


def store_payload(
    conn: psycopg.Connection,
    source: str,
    *,
    endpoint: str,
    request_key: str,
    page_no: int,
    status: int,
    body: bytes,
) -> int:
    """Store one body in a commit of its own and return its payload_id; the same answer again has the id it had."""
    with conn.transaction():
        content = content_sha256(body)
        row = conn.execute(
            """
            select payload_id from raw.payloads
            where source = %s and request_key = %s and page_no = %s and content_sha256 = %s
            """,
            (source, request_key, page_no, content),
        ).fetchone()
        if row is None:
            row = conn.execute(
                """
                insert into raw.payloads
                    (source, endpoint, request_key, page_no, http_status, sha256, content_sha256, body)
                values (%s, %s, %s, %s, %s, %s, %s, %s)
                returning payload_id
                """,
                (source, endpoint, request_key, page_no, status, hashlib.sha256(body).digest(), content, body),
            ).fetchone()
        assert row is not None
        return int(row[0])
