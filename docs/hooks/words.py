"""Let the search segment Chinese by the field's words, wherever a build starts."""

from __future__ import annotations

import logging
from pathlib import Path

import jieba
from mkdocs.plugins import event_priority

jieba.setLogLevel(logging.WARNING)


@event_priority(100)
def on_config(config):
    """Make the path of the user dictionary absolute: jieba takes it from the folder."""
    search = config.plugins.get("material/search")
    if search and search.config.jieba_dict_user:
        root = Path(config.config_file_path).parent
        search.config.jieba_dict_user = str(root / search.config.jieba_dict_user)
    return config
