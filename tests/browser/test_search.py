"""Search, in a real browser: each language finds its own pages by its own words."""

import re
from pathlib import Path

import jieba
import pytest

DOCS = Path(__file__).parents[2] / "docs"
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
        "动量": "momentum/",
        "权重衰减": "adam-variants/",
        "术语表": "glossary/",
        "参考文献": "references/",
        "勘误": "ledger/",
        "报错": "errors/",
        "clip_grad_norm_": "clipping/",
        "torch.inference_mode": "inference/",
        "element 0 of tensors does not require grad": "errors/",
        # What people type, on old and new parts.
        "loss 变成 nan": "bad-run/",
        "损失不下降": "bad-run/",
        "学习率范围测试": "bad-run/",
        "显存 越来越大": "questions-practice/",
        "显存不足": "questions-practice/",
        "爆显存": "errors-practice/",
        "CUDA out of memory": "errors-practice/",
        "学习率调度": "schedules/",
        "学习率预热": "what-schedules-buy/",
        "warmup": "what-schedules-buy/",
        "余弦退火": "schedules/",
        "ReduceLROnPlateau": "scheduler-steps/",
        "交叉熵": "cross-entropy/",
        "CrossEntropyLoss": "cross-entropy/",
        "标签平滑": "cross-entropy/",
        "类别不平衡": "binary-losses/",
        "pos_weight": "binary-losses/",
        "二分类": "binary-losses/",
        "多标签": "binary-losses/",
        "负的损失": "binary-losses/",
        "分位数回归": "regression-losses/",
        "MSELoss": "regression-losses/",
        "KL 散度": "likelihood/",
        "三元组损失": "ranking-losses/",
        "对比学习": "ranking-losses/",
        "CTC 损失 inf": "ctc/",
        "混合精度": "precision/",
        "GradScaler": "precision/",
        "断点续训": "resume/",
        "保存模型": "resume/",
        "检查点重算": "memory/",
        "参数组": "parameter-groups/",
        "冻结参数": "parameter-groups/",
        "滑动平均 EMA": "weight-averages/",
        "自定义优化器": "your-own/",
        "自定义损失函数": "your-own/",
        "GAN": "two-nets/",
        "可复现": "reproducible/",
        "结果不一致": "reproducible/",
        "num_workers": "reproducible/",
        "批量大小 学习率": "batch-size/",
        "TensorFlow": "questions-optimizers/",
        "epsilon": "adam-variants/",
        "Muon": "matrices/",
        "优化器对比": "optimizers/",
        "Weights only load failed": "errors-practice/",
        # Whole questions, as they stand in forums.
        "Using a target size (torch.Size([64, 1])) that is different": "errors-losses/",
        "CrossEntropyLoss 和 NLLLoss 有什么区别": "cross-entropy/",
        "语义分割 交叉熵 输入形状 N C H W": "cross-entropy/",
        "CrossEntropyLoss weight 类别权重 怎么设置": "cross-entropy/",
        "ignore_index padding 不计算损失": "cross-entropy/",
        "pos_weight 怎么算": "binary-losses/",
        "Dice loss 代码": "binary-losses/",
        "KLDivLoss 输入要不要取 log": "likelihood/",
        "MarginRankingLoss 怎么用": "ranking-losses/",
        "SmoothL1Loss 和 HuberLoss 区别": "regression-losses/",
        "bf16 训练 参数不更新": "precision/",
        "betas 参数 怎么调": "adam/",
        "loss 不下降": "bad-run/",
        "L1 正则化": "your-own/",
        "SGD momentum 和其他框架的公式一样吗 dampening": "optimizer-atlas/",
        "多个损失 权重 怎么设置": "loss-numerics/",
        "reduction mean sum 区别": "losses/",
        "loss 下降 准确率不变": "cross-entropy/",
        "分类 为什么不用 MSE": "cross-entropy/",
        "自定义损失 梯度为 None": "your-own/",
        "Adam 和 SGD 怎么选": "optimizers/",
        "weight_decay 设多少": "optimizer-atlas/",
        "不同层 不同学习率": "parameter-groups/",
        "detach 和 no_grad 的区别": "inference/",
        "判别器 loss 为 0 生成器不收敛": "two-nets/",
        "自定义损失函数 梯度为 None": "your-own/",
        "查看每层梯度 梯度消失": "vanishing/",
        "batch size 大小 影响": "batch-size/",
    },
    "en": {
        "gradient accumulation": "accumulation/",
        "micro-batches": "micro-batches/",
        "clip_grad_norm_": "clipping/",
        "zero_grad": "accumulation/",
        "shared weights": "shared-weights/",
        "vanishing gradients": "vanishing/",
        "spectral radius": "vanishing/",
        "truncated backpropagation": "truncation/",
        "retain_graph": "summed-loss/",
        "torch.inference_mode": "inference/",
        "torch.no_grad": "no-grad/",
        "bias correction": "adam/",
        "epsilon": "adam-variants/",
        "β₁": "adam/",
        "adagrad": "adaptive/",
        "momentum": "momentum/",
        "learning rate too large": "learning-rate/",
        "glossary": "glossary/",
        "RuntimeError: Trying to backward through the graph a second time": "errors/",
        "a leaf Variable that requires grad is being used in an in-place operation": (
            "errors/"
        ),
        # What people type, on old and new parts.
        "loss becomes nan": "bad-run/",
        "loss not decreasing": "bad-run/",
        "learning rate finder": "bad-run/",
        "dead relu": "bad-run/",
        "memory keeps growing": "no-grad/",
        "out of memory": "memory/",
        "CUDA out of memory": "errors-practice/",
        "TensorFlow": "questions-optimizers/",
        "threads": "reproducible/",
        "reproducibility": "reproducible/",
        "num_workers seed": "reproducible/",
        "learning rate schedule": "schedules/",
        "cosine annealing": "schedules/",
        "lr scheduler": "scheduler-steps/",
        "ReduceLROnPlateau": "scheduler-steps/",
        "warmup": "what-schedules-buy/",
        "CrossEntropyLoss": "cross-entropy/",
        "softmax before cross entropy": "cross-entropy/",
        "label smoothing": "cross-entropy/",
        "class imbalance": "binary-losses/",
        "pos_weight": "binary-losses/",
        "multi-label": "binary-losses/",
        "negative loss": "binary-losses/",
        "MSELoss": "regression-losses/",
        "quantile loss": "regression-losses/",
        "KL divergence": "likelihood/",
        "triplet loss": "ranking-losses/",
        "contrastive loss": "ranking-losses/",
        "CTC loss inf": "ctc/",
        "mixed precision": "precision/",
        "fp16": "precision/",
        "GradScaler": "precision/",
        "resume training": "resume/",
        "save checkpoint": "resume/",
        "gradient checkpointing": "memory/",
        "parameter groups": "parameter-groups/",
        "freeze layers": "parameter-groups/",
        "EMA": "weight-averages/",
        "custom optimizer": "your-own/",
        "custom loss function": "your-own/",
        "large batch learning rate": "batch-size/",
        "GAN detach": "two-nets/",
        "Muon": "matrices/",
        "LBFGS closure": "curvature/",
        "sparse embedding": "sparse/",
        "compare optimizers": "optimizers/",
        "Target 3 is out of bounds": "errors-losses/",
        "Weights only load failed": "errors-practice/",
        # Whole questions, as they stand in forums.
        "different to the input size (torch.Size([64, 1]))": "errors-losses/",
        "difference between BCELoss and BCEWithLogitsLoss": "loss-numerics/",
        "label_smoothing with class weights": "cross-entropy/",
        "knowledge distillation loss temperature T squared": "likelihood/",
        "multi-task loss how to weight several losses": "loss-numerics/",
        "InfoNCE contrastive loss in pytorch": "ranking-losses/",
        "loss becomes negative GaussianNLLLoss": "likelihood/",
        "loss stuck at 0.693": "binary-losses/",
        "CUDA out of memory total_loss += loss": "no-grad/",
        "different learning rate for different layers": "parameter-groups/",
        "what learning rate for AdamW default": "optimizer-atlas/",
        "optimizer state_dict what is inside exp_avg exp_avg_sq step": "optimizers/",
        "Muon learning rate compared to AdamW": "matrices/",
        "Embedding changes even though gradient is zero with Adam": "sparse/",
        "L1 regularization pytorch optimizer": "your-own/",
        "torch.compile optimizer step lr tensor recompiles": "optimizers/",
        "sqrt of mse RMSE loss nan gradient": "your-own/",
        "weighted MSE loss per sample": "regression-losses/",
        "cross entropy loss always 0 single output": "binary-losses/",
        "CosineEmbeddingLoss target": "ranking-losses/",
        "MultiLabelMarginLoss target -1": "ranking-losses/",
        "average loss over epoch last batch smaller": "micro-batches/",
        "gradient accumulation last incomplete batch": "micro-batches/",
        "create optimizer before model.to device": "parameter-groups/",
        "reset optimizer state": "optimizer-atlas/",
        "print current learning rate": "scheduler-steps/",
        "ReduceLROnPlateau mode max threshold": "scheduler-steps/",
        "LambdaLR lambda multiplies learning rate": "schedules/",
        "load_state_dict overwrites learning rate": "resume/",
        "gradient accumulation divide loss": "micro-batches/",
        "fp16 vs bf16 nan": "precision/",
        "GradScaler scale keeps decreasing": "precision/",
        "how to choose max_norm": "clipping/",
        "EMA vs SWA": "weight-averages/",
        "loss spikes after resuming checkpoint": "resume/",
    },
}


@pytest.fixture(scope="module")
def pages(browser, address):
    """Return a page of each language, its search open."""
    opened = {}
    for language, folder in (("zh", ""), ("en", "en/")):
        page = browser.new_page()
        page.goto(f"{address}{folder}labs/processes/")  # a short page
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


def test_there_are_sixty_queries_in_each_language():
    assert min(map(len, QUERIES.values())) >= 60


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
