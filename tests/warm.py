"""What each small build would make anew: the lexer of Python, and its patterns."""

import warnings

from markdown import Markdown

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    Markdown(
        extensions=[
            *("attr_list", "footnotes", "md_in_html", "tables", "toc"),
            *("pymdownx.arithmatex", "pymdownx.blocks.details", "pymdownx.highlight"),
            *("pymdownx.inlinehilite", "pymdownx.superfences"),
        ]
    ).convert("# Head {#head}\n\nText, $x$.\n\n```python\nx = 1\n```\n")
