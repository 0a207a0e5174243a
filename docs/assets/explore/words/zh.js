// All that the playground says in Chinese.

export const words = {
  surface: "曲面", preset: "场景", presets: "选一个场景……", kappa: "条件数 κ",
  sigma: "梯度噪声 σ", seed: "种子", schedule: "学习率调度", steps: "总步数",
  schedules: {
    none: "不调度", linear: "LinearLR，降到 0", cosine: "CosineAnnealingLR", step: "StepLR，两次 ×0.1",
  },
  surfaces: {
    bowl: "碗：(x² + κy²)/2", rotated: "转了 37° 的碗", canyon: "V 形峡谷：x²/20 + 2|y|",
    saddle: "鞍点", plateau: "高原", rosenbrock: "Rosenbrock 弯谷", wells: "一深一浅两口井",
    noisy: "有噪声的碗", reddi: "Reddi 等人的例子", neuron: "一个神经元，真实数据",
    matrix: "2×2 矩阵：一行一个点",
  },
  add: "加一个优化器", remove: "移除", options: "其余选项", rule: "优化器",
  play: "播放", pause: "暂停", back: "退一步", forward: "进一步", toStart: "回到起点", step: "步",
  start: "起点", startHelp: "起点，方向键移动", reset: "调好的默认值",
  plot: (name) => `${name}的等高线，以及各优化器走过的路`,
  lossChart: "损失 − 最小值", lengthChart: "一步的长度", stateChart: "状态",
  numbers: (t) => `第 ${t} 步的数`, table: "当前这一步的数", optimizer: "优化器", loss: "损失", evals: "求梯度次数",
  whole: "在游乐场里接着走",
  asTorch: "写成 PyTorch", asTorchNote: "完整的程序：用 torch 走同样的路，打印走到了哪里。",
  code: "PyTorch 程序", copy: "复制", copied: "已复制",
  flat: "Muon 只接受二维参数：在“2×2 矩阵”上才能跑。torch 在这里报错：",
  noState: "这个优化器没有要画的状态。", show: "看它的状态", of: "的",
  summary: (t, list) => `第 ${t} 步：${list.join("；")}`,
  arm: (name, x, loss) => `${name} 在 ${x}，损失 ${loss}`,
  left: "数值已经溢出", t: "步 t",
};

/** Scenes: what they are called, and what to look for. */
export const scenes = {
  edge: [
    "学习率跨过 2/L",
    "L = 25，所以界线是 2/L = 0.08。第一个在界内，第二个在界外：它在 y 方向上来回跳，每一步都跳得更远一点。",
  ],
  overshoot: [
    "动量为什么冲过头",
    "三个 lr 相同，只有 momentum 不同。0.9 的缓冲攒了约十步的梯度，到了谷底还带着它往前冲；0.99 攒得更多，冲得更远，停得更晚。看下面 momentum_buffer 何时变号：它总比梯度晚。",
  ],
  correction: [
    "偏差校正改了什么",
    "betas=(0, 0.999) 的 Adam 和 alpha=0.999 的 RMSprop 是同一条规则，只差偏差校正。v 从 0 开始，第一步只有 g² 的千分之一，不校正就除以了一个约小 32 倍的数：所以 RMSprop 的第一步在每个坐标上都约有 32 个 lr 长。",
  ],
  first: [
    "RMSprop 的第一步",
    "同样的 lr，只走一步。默认的 alpha=0.99 让 RMSprop 的第一步长 10 个 lr（每个坐标），Adam 是 1 个。",
  ],
  epsilon: [
    "Adam 的 ε 太小",
    "两个只差 eps：默认的 1e-8 和 0.1。两个都走到了谷底，步子一路缩短到几乎为零；可是 v 也在忘掉从前的大梯度，而 m/√v 不看梯度有多大，所以 eps 小的那个后来又突然迈开大步（看步长图的末段），eps 大的一直安静。",
  ],
  rotation: [
    "把碗转一转",
    "同一个碗，转了 37°。SGD 的路跟着转，损失曲线不变；Adam、RMSprop 按坐标缩放，谷不再沿着坐标轴，它们就帮不上那么多了。与“碗”比较。",
  ],
  reddi: [
    "Adam 走错方向",
    "梯度每三步一次是 3，两次是 −1，平均为 1/3，所以最低点在 x = −1。β₂ 很小时，大梯度被自己的 √v 除小了，Adam 走到 +1；AMSGrad 记住了最大的 v，走对了。",
  ],
  saddle: [
    "离开鞍点",
    "从山脊旁 0.001 处出发。SGD 先沿 x 走到鞍点，再指数式地离开；按坐标缩放的几个几乎立刻离开。把起点的 y 改成 0，看谁还会动。",
  ],
  plateau: [
    "高原上谁走得动",
    "起点处的梯度约 0.01。SGD 的步长与梯度成正比，几乎不动；Adam、RMSprop 和 Rprop 的步长与梯度的大小几乎无关。",
  ],
  noise: [
    "噪声、平均与调度",
    "有噪声时，固定 lr 的 SGD 停在一片晃动里，不会停在最低点。第二个是 ASGD：它自己也晃，状态 ax 才是平均。打开一个学习率调度，看晃动怎样缩小。",
  ],
  curvature: [
    "曲率：LBFGS 走弯谷",
    "LBFGS 用过去的步和梯度差估计曲率，每步一次迭代；带强 Wolfe 线搜索的那个每步会多求几次梯度（见表）。与调好的 SGD、Adam 比较。",
  ],
  muon: [
    "Muon：两行一起走",
    "参数是 2×2 矩阵，两行各是碗里的一个点。SGD 和 Adam 让两个点各走各的；Muon 让更新大致正交：从这个起点出发，两行的步差不多长，起初还几乎互相垂直。到了谷底附近，它的步子也几乎不变短，所以固定的 lr 停不下来。",
  ],
};
