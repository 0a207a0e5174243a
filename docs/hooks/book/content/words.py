"""The words that the machinery itself puts on pages and beside them, by language."""

WORDS = {
    "zh": {
        "true": "属实",
        "imprecise": "不准确",
        "false": "有误",
        "implied": "未予判定",
        "opinion": "（观点）",
        "between": "：",
        "yes": "成立",
        "no": "不成立",
        "evidence": "怎样判定",
        "setup": "导入与准备",
        "all": "全部",
        "verdict": "判定",
        "section": "章节",
        "sum": "合计",
        "figure": "图",
        "permalink": "本节的链接",
        "search": "搜索",
        "feed": "更新",
        "changes": "更新（Atom）",
        "card": "{}，白字蓝底，下方是梯度下降的路径",
        # The downloads.
        "notebook": "下载为 notebook",
        "copy": "下载为 Markdown",
        "file": "下载 {}",
        "colab": "在 Colab 中打开",
        "pai": "在阿里云 PAI 中打开",
        "downloads": "下载本页",
        # In notebooks, and in the lists of copies.
        "needs": "# 本笔记本需要的全部；已装好则什么也不做。",
        "carried": "下面几格把各单元导入的模块写进一个临时目录。",
        "copies": "每一页都有一份 Markdown 副本，地址是页面的地址加 `index.md`。"
        "代码的输出都是建站时用 PyTorch {torch} 现场运行得到的；"
        "对论断的判定由结果算出。文字 CC BY 4.0，代码 MIT。",
        "full": "全部副本合成一个文件",
        "other": "English",
        "page": "页面：",
    },
    "en": {
        "true": "True",
        "imprecise": "Imprecise",
        "false": "False",
        "implied": "Not judged",
        "opinion": " (an opinion)",
        "between": ": ",
        "yes": "holds",
        "no": "fails",
        "evidence": "How it was decided",
        "setup": "imports and set-up",
        "all": "all",
        "verdict": "Verdict",
        "section": "Section",
        "sum": "Sum",
        "figure": "Figure",
        "permalink": "Link to this section",
        "search": "Search",
        "feed": "Changes",
        "changes": "Changes (Atom)",
        "card": "{}, above a path of gradient descent",
        # The downloads.
        "notebook": "Download as a notebook",
        "copy": "Download as Markdown",
        "file": "Download {}",
        "colab": "Open in Colab",
        "pai": "Open in Alibaba Cloud PAI",
        "downloads": "Download this page",
        # In notebooks, and in the lists of copies.
        "needs": "# All that this notebook needs; does nothing if it is there.",
        "carried": "The next cells write the modules that are imported to a "
        "temporary directory.",
        "copies": "Each page has a copy in Markdown, at the page's address with "
        "`index.md`. What code put out was printed while the site was built, with "
        "PyTorch {torch}; verdicts on claims are computed from the results. The prose "
        "is under CC BY 4.0, the code under MIT.",
        "full": "All copies in one file",
        "other": "中文",
        "page": "Page: ",
    },
}
