"""The links of Markdown that is shown in another place than it was written for."""

from __future__ import annotations

import re
from collections.abc import Callable

LINK = re.compile(
    r"(?P<other>`[^`\n]+`|\$[^$\n]+\$)"
    r"|(?P<image>!?)\[(?P<text>(?:[^\[\]`$]|`[^`\n]*`|\$[^$\n]*\$)*)\]"
    r'\((?P<to>[^)\s]+)(?P<title> +"[^"]*")?\)'
)
DEFINITION = re.compile(r"^(?P<head>\[[^\]\n]+\]: +)(?P<to>\S+)", re.MULTILINE)


def with_links(text: str, address: Callable[[str], str]) -> str:
    """Return Markdown with its links as they can be followed from elsewhere.

    address: returns where a target is, or nothing; then the text of the link stays.

    >>> with_links("[a](b.md), `[x](y)`, [c](d.md)", {"b.md": "/b/", "d.md": ""}.get)
    '[a](/b/), `[x](y)`, c'
    """

    def link(match: re.Match[str]) -> str:
        if match["other"]:
            return match[0]
        to = address(match["to"])
        title = match["title"] or ""
        return (
            f"{match['image']}[{match['text']}]({to}{title})" if to else match["text"]
        )

    def definition(match: re.Match[str]) -> str:
        return f"{match['head']}{address(match['to']) or match['to']}"

    return DEFINITION.sub(definition, LINK.sub(link, text))
