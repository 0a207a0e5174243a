"""The only hook that MkDocs knows: every event of a build, and what happens in it.

static-i18n builds the languages one after the other: each has the events from
``config`` to ``post_build``, the default language first; the last one ends the build.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import logging
import signal
import sys
from pathlib import Path

import click
from book.errors import Fault
from book.live.run import Memory
from book.live.store import not_as_pinned
from book.material.site import Site
from jinja2 import FileSystemBytecodeCache
from mkdocs.exceptions import BuildError

log = logging.getLogger("mkdocs.plugins.cells")


class Hook:
    """The events, handed to the site that is being built.

    What a process remembers from build to build, while serving, is here.
    """

    def __init__(self) -> None:
        self.memory, self.shelf = Memory(), {}
        self.site: Site | None = None
        self.serving = False
        self.server, self.watched = None, set()
        atexit.register(self.end)

    def on_startup(self, command: str, dirty: bool) -> None:
        self.serving = command == "serve"
        if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:  # end as on Ctrl-C
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        logger = logging.getLogger("mkdocs")
        logging.getLogger("mkdocs.commands.build").addFilter(self.blames_no_page)
        if logger.level > logging.WARNING:  # -q: a strict build must see its warnings
            logger.setLevel(logging.WARNING)

    def blames_no_page(self, record: logging.LogRecord) -> bool:
        """Keep MkDocs from blaming the page that waited when a cell failed."""
        blames = record.getMessage().startswith("Error reading page")
        return not (blames and self.site and self.site.failed)

    def on_config(self, config):
        i18n = config.plugins["i18n"]
        if not i18n.building:
            root = Path(config.config_file_path).parent
            for wrong in not_as_pinned(root / "pyproject.toml"):
                log.warning(wrong)
            if self.site:  # the last build's, while serving
                self.site.forget()
                self.site = None
                gc.collect()  # pages and sites refer to each other
            self.site = Site(config, self.serving, self.memory, self.shelf, tell)
        self.site.configure(config)
        return config

    def on_files(self, files, config):
        if not config.plugins["i18n"].building:
            self.site.read_pages(files)
            self.site.run_cells()
        return files

    def on_nav(self, nav, config, files):
        self.site.in_order_of_arrival(files)
        return nav

    def on_pre_page(self, page, config, files):
        return self.site.own_render(page)

    def on_page_markdown(self, markdown, page, config, files):
        self.site.rendering.prepare(page, files)
        return markdown

    def on_page_content(self, html, page, config, files):
        return self.site.rendering.take_content(html, page, files)

    def on_env(self, env, config, files):
        with contextlib.suppress(RuntimeError):  # where others could write there, too
            env.bytecode_cache = FileSystemBytecodeCache()  # of templates
        self.site.rendering.all_rendered(files)
        return env

    def on_page_context(self, context, page, config, nav):
        return self.site.rendering.page_context(context, page)

    def on_template_context(self, context, template_name, config):
        return self.site.template_context(context)

    def on_post_template(self, output_content, template_name, config):
        return self.site.finish_template(output_content, template_name)

    def on_post_page(self, output, page, config):
        return self.site.rendering.finish_page(output, page)

    def on_post_build(self, config):
        self.site.finish_language()
        if self.site.last_language:
            self.site.finish()
            self.watch()

    def on_serve(self, server, config, builder):
        self.server = server
        self.watch()
        return server

    def watch(self) -> None:
        """Let MkDocs watch what pages read, where it does not watch already."""
        for path in self.site.read_elsewhere() - self.watched if self.server else ():
            self.server.watch(str(path))
            self.watched.add(path)

    def on_build_error(self, error):
        if self.site:
            self.site.give_up()

    def end(self) -> None:
        """Let nothing run on when the process ends; past builds are forgotten."""
        if self.site:
            self.site.halt()


def tell(text: str) -> None:
    """Print a fault while serving, where a warning would end a strict build."""
    click.secho(f"ERROR   -  {text}", fg="red", err=True)


def in_one_line(event):
    """Return an event whose faults end the build in one line."""

    def run(*arguments, **named):
        try:
            return event(*arguments, **named)
        except Fault as fault:
            raise BuildError(str(fault)) from None

    return run


hook = Hook()
for name in dir(hook):  # MkDocs looks for functions of these names
    if name.startswith("on_"):
        globals()[name] = in_one_line(getattr(hook, name))
