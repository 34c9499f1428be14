"""The tags cell of a row."""

import unicodedata

LONGEST_TAG = 50
# the database takes no more either (app.bound_tags)
MOST_TAGS = 50


def parse_tags(text: str) -> tuple[str, ...]:
    """`momentum, tech,,Tech` to ('momentum', 'tech'): split at commas, trimmed, without empty ones and repetitions
    regardless of case, in the order of the cell. A text that a spreadsheet would take for a formula stays as it is;
    exports escape it. Raises ValueError."""
    tags: dict[str, str] = {}
    for part in text.split(","):
        tag = unicodedata.normalize("NFC", part.strip())
        if not tag:
            continue
        if any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in tag):
            raise ValueError("holds a tag with a control character or a line break. Separate tags by commas.")
        if len(tag) > LONGEST_TAG:
            raise ValueError(f"holds a tag of {len(tag)} characters; at most {LONGEST_TAG} are kept. Shorten it.")
        tags.setdefault(tag.lower(), tag)
    if len(tags) > MOST_TAGS:
        raise ValueError(f"holds {len(tags)} tags; at most {MOST_TAGS} are kept. Leave some out.")
    return tuple(tags.values())
