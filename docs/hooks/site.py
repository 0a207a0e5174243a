"""The only hook that MkDocs knows: every event, and what happens in it, in order."""

from book.content import claims, figures, formulas
from book.live import executor, labs, values
from book.material import (
    assets,
    first_screen,
    languages,
    markup,
    previews,
    search,
    staging,
    toggles,
)
from book.outputs import copies, footer_and_feed, notebooks


def on_startup(command, dirty):
    staging.on_startup(command, dirty)
    executor.on_startup(command, dirty)


def on_config(config):
    staging.on_config(config)
    search.on_config(config)
    footer_and_feed.on_config(config)
    return config


def on_pre_build(config):
    executor.on_pre_build(config)
    claims.on_pre_build(config)
    notebooks.on_pre_build(config)
    copies.on_pre_build(config)


def on_pre_page(page, config, files):
    return labs.on_pre_page(page, config)


def on_page_markdown(markdown, page, config, files):
    notebooks.on_page_markdown(markdown, page, files)
    markdown = executor.on_page_markdown(markdown, page)
    return values.on_page_markdown(markdown, page)


def on_page_content(html, page, config, files):
    html = formulas.on_page_content(html, page)
    html = figures.on_page_content(html, page)
    html = languages.on_page_content(html, page)
    return claims.on_page_content(html, page)


def on_env(env, config, files):
    executor.on_env(env, config, files)
    claims.on_env(env, config, files)
    footer_and_feed.on_env(env, config, files)
    return env


def on_page_context(context, page, config, nav):
    search.on_page_context(context, page, config)
    languages.on_page_context(context, page, config)
    footer_and_feed.on_page_context(context, page)
    copies.on_page_context(context, page, config, nav)
    first_screen.on_page_context(context, page)
    return context


def on_template_context(context, template_name, config):
    search.on_template_context(context, template_name, config)
    languages.on_template_context(context, template_name, config)
    return context


def on_post_template(output_content, template_name, config):
    output = search.on_post_template(output_content, template_name, config)
    output = toggles.on_post_template(output)
    output = assets.on_post_template(output, template_name, config)
    return languages.on_post_template(output, template_name, config)


def on_post_page(output, page, config):
    output = formulas.on_post_page(output, page, config) or output
    output = figures.on_post_page(output, page)
    output = search.on_post_page(output, config)
    output = languages.on_post_page(output, page, config)
    output = toggles.on_post_page(output)
    output = notebooks.on_post_page(output, page, config)
    output = previews.on_post_page(output, page, config) or output
    output = markup.on_post_page(output)
    output = assets.on_post_page(output)
    return copies.on_post_page(output, page, config)


def on_post_build(config):
    copies.on_post_build(config)
    executor.on_post_build(config)
    search.collect(config)
    i18n = config.plugins["i18n"]
    if i18n.current_language != i18n.build_languages[-1]:
        return  # static-i18n builds the other languages now
    footer_and_feed.on_post_build(config)
    search.on_post_build(config)
    assets.on_post_build(config)
    staging.on_post_build(config)


def on_build_error(error):
    executor.on_build_error(error)
    staging.on_build_error(error)
