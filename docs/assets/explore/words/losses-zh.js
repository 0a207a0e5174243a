// All that the loss explorer says in Chinese.

export const words = {
  scene: "场景", scenes: "选一个场景……", axis: "横轴", targets: "目标 y",
  more: "加一个样本", fewer: "减一个样本", scaled: "每条曲线拉满高度",
  toScale: (text) => `${text}（各按自己的比例）`,
  axes: {
    number: "x：预测的数", count: "x：用来预测次数的数", variance: "x：预测的方差",
    probability: "x：概率", logit: "x：logit", classes: "x：三类中第 0 类的 logit",
    sign: "x：两个分数之差", angle: "x：两个向量的夹角", distance: "x：到正样本的距离",
  },
  about: {
    number: "用一个数回答所有样本。每个圆点是一个目标；斜率过 0 的地方，它们的拉力平衡。",
    count: "目标是次数。log_input 打开时 x 是速率的对数，关闭时就是速率。",
    variance: "均值 mu 固定，目标是测得的值，x 是给它们的方差。",
    probability: "目标是标签，也可以是软标签；x 是“是”的概率。",
    logit: "目标是标签，也可以是软标签；交给 SoftMarginLoss 时换成 −1 和 1。",
    classes: "目标是类别；x 是第 0 类的 logit，z1、z2 是另外两类的。NLLLoss 和 KLDivLoss 得到的是 log-softmax。对 CTCLoss 来说，第 0 类是空白符，目标是一个标签或没有标签；每一帧都是这三个 logit。",
    sign: "y = 1 希望 x 大，y = −1 希望 x 小。HingeEmbeddingLoss 把 x 当作距离，y = 1 时希望它小。",
    angle: "y = 1 希望两个向量同向，y = −1 希望它们分开。",
    distance: "x 是正样本离锚点多远；每个目标是一个负样本的距离。",
  },
  names: { quantile: "quantile（torch.nn 里没有）" },
  add: "加一个损失", remove: "移除", name: "损失", loss: "平均损失", gradient: "梯度",
  lowest: "最低点", at: (x, what) => `${x}（${what}）`, table: "x 处的数", target: (i) => `目标 ${i}，方向键移动`,
  best: {
    mean: "平均数", median: "中位数", quantile: "分位数", meanSquare: "均方",
    logMean: "平均数的对数", frequency: "频率", logOdds: "对数几率",
    weightedLogOdds: "“是”加权后的对数几率",
  },
  flat: "处处", from: (v) => `${v} 及以上`, upTo: (v) => `${v} 及以下`,
  between: (a, b) => `${a} 到 ${b} 之间都是`,
  falls: (side) => `没有：朝 ${side > 0 ? "∞" : "−∞"} 一直下降`,
  numbers: (x, n) => `x = ${x} 处，${n} 个样本`,
  plot: (what, names) => `${what}随 x 的变化：${names}`,
  asTorch: "写成 PyTorch", asTorchNote: "完整的程序；它打印出来的就是上表里的数。",
  code: "PyTorch 程序", copy: "复制", copied: "已复制",
  arm: (name, value, slope, lowest) => `${name}：${value}，梯度 ${slope}，最低点 ${lowest}`,
  summary: (x, y, list) => `x = ${x}，目标 ${y}。${list.join("；")}。`,
};

/** Scenes: what they are called, and what to look for. */
export const scenes = {
  outlier: ["拖动离群值", "把 10 处的目标往右拖。MSE 的最低点跟着走；L1 和 Huber 的留在原处，因为在它们那里，远处的样本不会拉得更用力。"],
  huber: ["Huber 的 delta", "同一个损失，四个 delta。delta 越小，最低点越靠近中位数；越大，越靠近平均数。"],
  quantile: ["分位数", "q = 0.9 时，偏低的代价是偏高的九倍，所以最低点一直往上移，直到只有十分之一的目标在它上方。"],
  frequency: ["概率上的 BCE、平方误差和 L1", "四个里有三个“是”。BCE 和平方误差要的是频率；L1 要的是多数，不管多数领先多少。"],
  weight: ["pos_weight", "九个里只有一个“是”。pos_weight=8 时最低点在 logit 0，好像“是”和“否”一样多。"],
  smoothing: ["标签平滑", "一个第 0 类的样本。不平滑时损失一直下降；平滑以后有了最低点，logit 也就不再往上长。"],
  shift: ["一个梯度，两个损失", "平滑的交叉熵，和以同一个平滑目标计算的 KL 散度：两条曲线，同一个梯度。两者之差是目标的熵。"],
  margin: ["谁还在拉？", "超过间隔 1 以后，间隔类损失是平的，没有梯度；交叉熵永远不会完全松手。"],
  blanks: ["CTC 为什么偏爱空白符", "一个标签，每一帧都相同。帧越多，把标签放进空白符之间的办法就越多，所以最低点移向空白符。"],
  order: ["标错了一对", "三对说 x > 0，一对说相反。超出间隔以后，只有标错的那一对还在拉。"],
  count: ["速率还是它的对数", "同一个损失，x 有两种含义：log_input 打开时最低点在平均数的对数，关闭时在平均数，和平方误差的一样。"],
  variance: ["方差", "最低点是均方。它左边的曲线很陡：过于自信比过于保守代价更大。"],
  angle: ["夹角", "一对要同向，一对要分开。在 0 处斜率消失，所以完全同向或者完全反向的向量感觉不到拉力。"],
  triplet: ["三元组", "只有比 x + margin 更近的负样本才拉。移动 x 数一数：斜率就是它们所占的份额。"],
};
