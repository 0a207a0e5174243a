"""The offline edition: one zip that works from ``file://``, in a real browser."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from book.errors import Fault
from book.material.offline import Edition, edition, main, pack
from bs4 import BeautifulSoup
from project import ROOT, Project

from conftest import served

NAME = "losses-and-optimizers"
DATE = "1700000000"  # in seconds since 1970
PAGES = ("", "adam", "clipping", "ledger", "playground", "labs/race")
PLACES = [
    f"{folder}{page}/index.html".removeprefix("/").replace("//", "/")
    for folder in ("", "en/")
    for page in PAGES
] + ["404.html", "en/404.html"]
QUERIES = {"zh": ("", "梯度裁剪", "zh-CN"), "en": ("en/", "clipping", "en-US")}


@pytest.fixture(scope="module")
def archive(site, tmp_path_factory) -> Path:
    """Return the zip that the command of the README writes."""
    directory = tmp_path_factory.mktemp("offline")
    command = [sys.executable, ROOT / "docs/hooks/offline.py", site, f"{NAME}.zip"]
    env = os.environ | {"SOURCE_DATE_EPOCH": DATE}
    run = subprocess.run(
        command, cwd=directory, env=env, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(f"{NAME}.zip: ")
    assert [path.name for path in directory.iterdir()] == [f"{NAME}.zip"]
    return directory / f"{NAME}.zip"


@pytest.fixture(scope="module")
def unpacked(archive, tmp_path_factory) -> Path:
    """Return where the zip is unpacked: a path such as people have."""
    directory = tmp_path_factory.mktemp("下载 of mine")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(directory)
    return directory / NAME


@pytest.fixture
def visit(browser, unpacked):
    """Return a function that opens a file for a new reader; nothing may go wrong."""
    contexts, troubles = [], []

    def failed(request):
        if request.failure != "net::ERR_ABORTED":  # by the next page
            troubles.append(request.url)

    def visit(place: str, locale: str = "zh-CN"):
        context = browser.new_context(locale=locale)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: troubles.append(said.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", failed)
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        file, mark, anchor = place.partition("#")
        page.goto(f"{(unpacked / file).as_uri()}{mark}{anchor}")
        return page

    yield visit
    asked = {
        url for context in contexts for page in context.pages for url in page.asked
    }
    for context in contexts:
        context.close()
    assert {urlsplit(url).scheme for url in asked} <= {"file", "blob", "data", "about"}
    assert not troubles


def place(page, unpacked: Path) -> str:
    """Return which file is shown, with its anchor."""
    parts = urlsplit(page.url)
    path = Path(unquote(parts.path)).relative_to(unpacked).as_posix()
    return f"{path}#{parts.fragment}" if parts.fragment else path


def results(page, query: str):
    """Return what the search finds, best first."""
    page.focus("[data-md-component=search-query]")
    page.fill("[data-md-component=search-query]", query)
    page.keyboard.press("End")  # Material looks when a key is released
    found = page.locator(".md-search-result__item > a")
    found.first.wait_for(timeout=30_000)
    return found


def test_it_holds_the_site(site, archive):
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
        assert packed.testzip() is None
    assert names == sorted(names)
    held = {name.removeprefix(f"{NAME}/") for name in names}
    files = {p.relative_to(site).as_posix() for p in site.rglob("*") if p.is_file()}
    assert files - held == {"sitemap.xml", "sitemap.xml.gz"} & files
    assert {"README.txt", "en/search/search_index.js"} <= held - files


def test_the_same_site_makes_the_same_bytes(site, archive, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", DATE)
    again = tmp_path / f"{NAME}.zip"
    assert main([str(site), str(again)]) == 0
    assert again.read_bytes() == archive.read_bytes()
    with zipfile.ZipFile(again) as packed:
        dates = {entry.date_time for entry in packed.infolist()}
    assert dates == {(2023, 11, 14, 22, 13, 20)}


@pytest.mark.parametrize("name", PLACES)
def test_the_links_of_a_page_lead_to_files(name, unpacked):
    page = unpacked / name
    soup = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    links = [tag["href"] for tag in soup.select("[href]")]
    links += [tag["src"] for tag in soup.select("[src]")]
    links = [link for link in links if not urlsplit(link).scheme and link[0] != "#"]
    assert len(links) > 20
    for link in links:
        assert (page.parent / unquote(urlsplit(link).path)).resolve().is_file(), link


@pytest.mark.parametrize("language", QUERIES)
def test_the_search_finds_and_opens_pages(language, visit, unpacked):
    folder, query, locale = QUERIES[language]
    page = visit(f"{folder}adam/index.html", locale)
    page.wait_for_load_state()
    page.wait_for_timeout(500)
    index = "/search/search_index.js"
    assert not any(url.endswith(index) for url in page.asked)  # it waits
    first = results(page, query).first
    assert [url for url in page.asked if url.endswith(index)] == [
        (unpacked / f"{folder}search/search_index.js").as_uri()
    ]
    first.click()
    page.wait_for_url("**/index.html?h=*")
    assert place(page, unpacked) == f"{folder}clipping/index.html"
    page.wait_for_selector("article mark")


@pytest.mark.parametrize(
    ("query", "folder", "wanted"),
    [
        ("RuntimeError: Trying to backward through the graph", "en/", "errors/"),
        ("截断反向传播", "", "truncation/"),
    ],
)
def test_a_query_is_cut_into_words(query, folder, wanted, visit, unpacked):
    page = visit(f"{folder}adam/index.html")
    found = [link.get_attribute("href") for link in results(page, query).all()]
    address = (unpacked / folder).as_uri()
    assert any(href.startswith(f"{address}/{wanted}index.html") for href in found)


def test_the_search_works_where_the_folder_is_served(browser, unpacked):
    with served(unpacked) as address:
        page = browser.new_page()
        page.goto(f"{address}adam/index.html")
        found = results(page, "梯度裁剪").first.get_attribute("href")
        page.close()
    assert found.startswith(f"{address}clipping/index.html?h=")


def test_the_switch_keeps_the_page_and_the_heading(visit, unpacked):
    page = visit("adam/index.html#recap")
    for language, folder in (("en", "en/"), ("zh", "")):
        page.hover(".md-select button")
        page.click(f".md-select__link[hreflang={language}]")
        page.wait_for_function(
            f"document.documentElement.lang.startsWith('{language}')"
        )
        assert place(page, unpacked) == f"{folder}adam/index.html#recap"


@pytest.mark.parametrize(("locale", "first"), [("en-US", "en/"), ("zh-CN", "")])
def test_the_first_visit_follows_the_browser(locale, first, visit, unpacked):
    page = visit("index.html", locale)
    page.wait_for_url((unpacked / f"{first}index.html").as_uri())
    page.wait_for_timeout(300)
    assert place(page, unpacked) == f"{first}index.html"


@pytest.mark.parametrize("folder", ["", "en/"])
def test_the_404_page_leads_home(folder, visit, unpacked):
    for link in range(2):
        page = visit(f"{folder}404.html")
        page.locator("article a").nth(link).click()
        page.wait_for_url("**/index.html")
        assert place(page, unpacked) == ("index.html", "en/index.html")[link]


@pytest.mark.parametrize("language", QUERIES)
def test_figures_of_modules_work(language, visit, unpacked):
    folder, _, locale = QUERIES[language]
    pages = [
        path.parent.name
        for path in sorted((unpacked / folder).glob("*/index.html"))
        if "data-explore=" in path.read_text("utf-8")
    ]
    assert "playground" in pages
    for name in pages:
        page = visit(f"{folder}{name}/index.html", locale)
        root = page.locator("[data-explore]").first
        root.scroll_into_view_if_needed()
        root.locator("svg").first.wait_for()
        assert root.locator("select, input, button").count() > 3, name


def test_the_readme_says_what_to_do_in_both_languages(unpacked):
    text = (unpacked / "README.txt").read_text("utf-8")
    for words in ("离线版", "offline edition", "解压", "Unpack", "index.html"):
        assert words in text
    assert "    python -m http.server\n" in text
    assert "Permission is hereby granted" in (
        unpacked / "assets/offline.LICENSE.txt"
    ).read_text("utf-8")


def test_a_404_page_of_a_site_with_an_address(tmp_path):
    project = Project(tmp_path)
    project.page("second")
    build = project.build(SITE_URL="https://example.org/sub/")
    assert build.returncode == 0, build.stderr
    site = project.root / "site"  # without a search
    paths = [path for path in site.rglob("*") if path.is_file()]
    whole = {path.relative_to(site).as_posix(): path.read_bytes() for path in paths}
    files = edition(whole)
    for name in ("404.html", "en/404.html"):
        text = files[name].decode()
        assert "/sub/" not in text
        assert "fetch(" not in text
        soup = BeautifulSoup(text, "html.parser")
        settings = json.loads(soup.select_one("#__config").string)
        assert settings["base"] == "."
        homes = [a["href"] for a in soup.select("article a")]
        assert homes == (
            ["../index.html", "index.html"]
            if name.startswith("en/")
            else ["index.html", "en/index.html"]
        )
    page = BeautifulSoup(files["en/second/index.html"].decode(), "html.parser")
    canonical = page.select_one("link[rel=canonical]")["href"]
    assert canonical == "https://example.org/sub/en/second/"


@pytest.fixture
def small(tmp_path) -> Path:
    """Return a directory that has what the command looks for in a site."""
    site = tmp_path / "site"
    (site / "search").mkdir(parents=True)
    (site / "search/search_index.json").write_text('{"docs": []}', "utf-8")
    (site / "js").mkdir()
    (site / "js/bundle.1.js").touch()
    page = '<a href="missing/">lost</a><script src="js/bundle.1.js"></script>'
    (site / "index.html").write_text(page, "utf-8")
    return site


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda site: None, "index.html links to missing/, which is not in the site"),
        (lambda site: (site / "index.html").unlink(), "no index.html in it"),
        (
            lambda site: (site / "search/search_index.json").unlink(),
            "no search/search_index.json in it",
        ),
        (lambda site: site.rename(site.with_name("gone")), "mkdocs build"),
        (
            lambda site: (site / "index.html").write_text("<p>", "utf-8"),
            "Material's script 0 times",
        ),
    ],
)
def test_an_odd_site_leaves_the_old_zip(change, words, small, capsys):
    target = small.with_name("site.zip")
    target.write_text("old", "utf-8")
    change(small)
    assert main([str(small), str(target)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert words in error
    assert error.count("\n") == 1
    assert target.read_text("utf-8") == "old"
    assert not [*target.parent.glob(".site.zip*")]


def test_a_target_or_a_date_that_cannot_be(small, capsys, monkeypatch):
    page = small / "missing/index.html"  # so the site is whole
    page.parent.mkdir()
    page.write_text('<script src="../js/bundle.1.js"></script>', "utf-8")
    for target, words in (
        (small / "site.zip", "lies in the site that it would hold"),
        (small.parent / "no/site.zip", "cannot be written: No such file"),
        (small.parent, "cannot be written: Is a directory"),
    ):
        assert main([str(small), str(target)]) == 1
        assert words in capsys.readouterr().err
    target = small.with_name("site.zip")
    for said in ("soon", "9999999999999"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", said)
        assert main([str(small), str(target)]) == 1
        assert f"SOURCE_DATE_EPOCH='{said}'" in capsys.readouterr().err
    assert [path.name for path in small.parent.iterdir()] == ["site"]
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert main([str(small), str(target)]) == 0
    with zipfile.ZipFile(target) as packed:
        assert packed.getinfo("site/index.html").date_time == (1980, 1, 1, 0, 0, 0)


def test_a_zip_that_fails_on_its_way_leaves_nothing(tmp_path):
    target = tmp_path / "site.zip"
    with pytest.raises(TypeError):
        pack({"a": b"", "b": None}, target)
    assert not [*tmp_path.iterdir()]


def test_modules_bring_what_they_import():
    files = {
        "a/main.js": b'import { x } from "./deep/x.js";\nimport(`./words/${l}.js`);',
        "a/deep/x.js": b"import * as d from '../d.js';\nnew URL(n, import.meta.url);",
        "a/d.js": b"export const d = 1;",
        "a/words/en.js": b"",
        "a/words/zh.js": b"",
        "a/words/zh.css": b"",
    }
    modules = {}
    Edition(dict(files)).module("a/main.js", modules)
    assert set(modules) == set(files) - {"a/words/zh.css"}
    assert '"a/deep/x.js"' in modules["a/main.js"]
    assert "`a/words/${l}.js`" in modules["a/main.js"]
    assert 'new URL("a/deep/x.js", globalThis.siteRoot).href' in modules["a/deep/x.js"]
    del files["a/d.js"]
    with pytest.raises(Fault, match=r"a/deep/x\.js imports a/d\.js"):
        Edition(files).module("a/main.js", {})
