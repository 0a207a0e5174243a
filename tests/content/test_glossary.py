"""Each term has one rendering: what the glossary says, the pages do."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path.relative_to(DOCS / "en") for path in (DOCS / "en").rglob("*.md"))
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)
# Code, quotations of the post and addresses are not ours to word.
NOT_PROSE = re.compile(
    r"```[\s\S]*?```|``.+?``|`[^`\n]+`|“[^”]*”|\$[^$]*\$|\]\([^)]*\)"
    r"|^[#/]+.*`.*$|^/// \w+|^ *--8<--.*$",
    re.MULTILINE,
)
# Lists, whose entries are read one by one, and what leads to other pages.
LISTS = re.compile(r"references|glossary|ledger|index|questions.*|errors.*")
# Chinese words that are part of others, or that the language has for other things.
COMMON = {
    *(
        "轮",
        "门",
        "目标",
        "实验",
        "窗口",
        "间隔",
        "空白",
        "对齐",
        "填充",
        "范数",
        "逐位",
    ),
    *("恢复训练", "冻结", "嵌入", "归约", "递推", "三元组", "原地", "几率", "阻尼"),
}
# Where no term is explained: links, headings, tables, values, the head of the page.
NO_ROOM = re.compile(
    r"^#.*$|\[[^\]]*\]\([^)]*\)|\{\{.*?\}\}|^\|.*$|\A---\n[\s\S]*?\n---", re.MULTILINE
)
EVERYDAY = {"norm", "in place", "mask"}  # words that English has for other things, too
REJECTED = {
    "Adam": ["亚当"],
    "first-moment estimate": ["一阶时刻", "一阶动量", "时刻估计"],
    "second-moment estimate": ["二阶时刻", "二阶动量"],
    "gradient accumulation": ["梯度累计", "梯度累加"],
    "gradient clipping": ["梯度剪裁", "梯度截断", "梯度剪切", "梯度修剪"],
    "bias correction": ["偏差修正", "偏置校正", "偏置修正", "偏差纠正"],
    "learning rate": ["学习速率", "学习效率"],
    "weight decay": ["权值衰减", "权重衰退", "权重递减"],
    "computation graph": ["运算图", "计算图表"],
    "leaf tensor": ["叶张量", "叶节点", "叶子节点"],
    "hidden state": ["隐状态", "隐含状态", "隐层状态"],
    "vanishing gradients": ["梯度弥散", "梯度消散"],
    "backward pass": ["反向传递", "后向传播", "反传"],
    "forward pass": ["正向传播", "前向传递"],
    "saddle point": ["马鞍点"],
    "in place": ["就地"],
    "mini-batch": ["小批次", "迷你批", "小批数据"],
    "micro-batch": ["微批次", "微批量"],
    "batch size": ["批次大小", "批大小", "批尺寸"],
    "local minimum": ["局部最小", "局部极小点"],
    "hyperparameter": ["超参", "调参数"],
    "broadcasting": ["广播化"],
    "training set": ["训练集合"],
}


def rows(language: str) -> list[tuple[str, str]]:
    text = (DOCS / language / "glossary.md").read_text("utf-8")
    return [
        row for row in ROW.findall(text) if row[0] not in {"English", "中文", "---"}
    ]


def prose(language: str, page: Path) -> str:
    return NOT_PROSE.sub(" ", (DOCS / language / page).read_text("utf-8"))


def test_the_glossary_has_the_same_terms_in_both_languages_and_no_rendering_twice():
    english = rows("en")
    assert [(term, rendering) for rendering, term in rows("zh")] == english
    assert len(english) > 50
    for column in zip(*english, strict=True):
        assert len(set(column)) == len(column)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_uses_no_other_rendering(page):
    renderings = [word for words in REJECTED.values() for word in words]
    text = prose("zh", page).replace("超参数", "")
    assert not [word for word in renderings if word in text]


@pytest.mark.parametrize("page", [p for p in PAGES if p.stem != "references"], ids=str)
def test_a_page_uses_the_rendering_of_the_glossary(page):
    english, chinese = prose("en", page), prose("zh", page)
    missing = {
        term: rendering
        for term, rendering in rows("en")
        if term not in EVERYDAY
        and re.search(rf"\b{re.escape(term)}(?:s|es)?\b", english, re.IGNORECASE)
        and rendering not in chinese
    }
    assert not missing


@pytest.mark.parametrize(
    "page", [p for p in PAGES if not LISTS.fullmatch(p.stem)], ids=str
)
def test_a_term_stands_with_its_english_on_each_page(page):
    whole = (DOCS / "zh" / page).read_text("utf-8")
    said = NOT_PROSE.sub(" ", whole)
    running = NOT_PROSE.sub(" ", NO_ROOM.sub(" ", whole))
    without = []
    for chinese, english in rows("zh"):
        text = running
        for longer, _ in rows("zh"):
            if chinese in longer and chinese != longer:
                text = text.replace(longer, " ")
        explained = re.search(re.escape(english), said, re.IGNORECASE)
        if chinese in text and chinese not in COMMON and not explained:
            without.append(f"{chinese} ({english})")
    assert not without
