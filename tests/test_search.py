"""Search, in a real browser: each language finds its own pages by its own words."""

import re
from pathlib import Path

import jieba
import pytest

DOCS = Path(__file__).parents[1] / "docs"
DICTIONARY = DOCS / "hooks" / "book" / "material" / "search_dictionary.txt"
# What is typed, and a place that must be among the first three pages.
QUERIES = {
    "zh": {
        "梯度累积": "accumulation/",
        "梯度裁剪": "clipping/",
        "随机种子": "seeds/",
        "共享权重": "shared-weights/",
        "梯度消失": "vanishing/",
        "谱半径": "vanishing/",
        "截断反向传播": "truncation/",
        "推理模式": "inference/",
        "自适应学习率": "adaptive/",
        "一阶矩估计": "adam/",
        "偏差校正": "adam/",
        "动量": "stochastic/",
        "权重衰减": "adam/",
        "术语表": "glossary/",
        "参考文献": "references/",
        "勘误": "ledger/",
        "报错": "errors/",
        "clip_grad_norm_": "accumulation/",
        "torch.inference_mode": "inference/",
        "element 0 of tensors does not require grad": "errors/",
    },
    "en": {
        "gradient accumulation": "accumulation/",
        "micro-batches": "micro-batches/",
        "clip_grad_norm_": "accumulation/",
        "zero_grad": "accumulation/",
        "shared weights": "shared-weights/",
        "vanishing gradients": "vanishing/",
        "spectral radius": "vanishing/",
        "truncated backpropagation": "truncation/",
        "retain_graph": "summed-loss/",
        "torch.inference_mode": "inference/",
        "torch.no_grad": "no-grad/",
        "bias correction": "adam/",
        "epsilon": "adam/",
        "β₁": "adam/",
        "adagrad": "adaptive/",
        "momentum": "stochastic/",
        "learning rate too large": "learning-rate/",
        "glossary": "glossary/",
        "RuntimeError: Trying to backward through the graph a second time": "errors/",
        "a leaf Variable that requires grad is being used in an in-place operation": (
            "errors/"
        ),
    },
}


@pytest.fixture(scope="module")
def pages(browser, address):
    """Return a page of each language, its search open."""
    opened = {}
    for language, folder in (("zh", ""), ("en", "en/")):
        page = browser.new_page()
        page.goto(f"{address}{folder}adam/")
        page.focus("[data-md-component=search-query]")
        opened[language] = page
    return opened


def found(page, query: str) -> list[str]:
    """Return the pages that are found, best first."""
    meta = page.locator(".md-search-result__meta")
    box = page.locator("[data-md-component=search-query]")
    box.fill("")
    box.press("Backspace")
    page.wait_for_function(
        "!document.querySelector('.md-search-result__item')", timeout=20_000
    )
    box.fill(query)
    box.press("End")
    page.wait_for_selector(".md-search-result__item", timeout=20_000)
    assert meta.inner_text()
    links = page.locator(".md-search-result__item > a")
    paths = links.evaluate_all("links => links.map(link => link.pathname)")
    return list(dict.fromkeys(paths))


@pytest.mark.parametrize(
    ("language", "query"),
    [(language, query) for language, queries in QUERIES.items() for query in queries],
)
def test_a_query_finds_its_page_in_its_language(pages, language, query):
    results = found(pages[language], query)
    folder = {"zh": "/", "en": "/en/"}[language]
    assert folder + QUERIES[language][query] in results[:3]
    assert all(path.startswith("/en/") == (language == "en") for path in results)


def test_there_are_twenty_queries_in_each_language():
    assert {language: len(queries) for language, queries in QUERIES.items()} == {
        "zh": 20,
        "en": 20,
    }


def test_the_terms_of_the_glossary_are_words_to_the_search():
    words = jieba.Tokenizer()
    words.initialize()
    words.load_userdict(str(DICTIONARY))
    glossary = (DOCS / "zh" / "glossary.md").read_text("utf-8")
    terms = re.findall(r"^\| ([\u4e00-\u9fff]{2,}) \|", glossary, re.MULTILINE)
    assert len(terms) > 50
    cut = {term: list(words.cut(term)) for term in terms}
    # A word of one character is found on every page; these two bind other words.
    stray = {term for term, parts in cut.items() if {*parts} - {"的", "沿"} != {
        part for part in parts if len(part) > 1}}  # fmt: skip
    assert not stray
