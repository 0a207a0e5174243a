// All that the schedule explorer says in Chinese.

export const words = {
  preset: "场景", presets: "选一个场景……", steps: "步数", axis: "lr 轴", linear: "线性",
  log: "对数", plot: "学习率随步数的变化",
  metric: "指标", shape: "形状", choose: "选一个……", noise: "指标的噪声",
  shapes: {
    stalls: "下降，然后停滞", slow: "越降越慢", steps: "一级一级地降",
    negative: "负数，然后不动", accuracy: "准确率：上升",
  },
  knot: (i) => `指标的第 ${i} 个点，方向键上下移动`,
  knotsHelp: "上下拖动圆圈，或者选中一个再按方向键。",
  numbers: (t) => `第 ${t} 步的数`, table: "当前这一步的数", curve: "曲线",
  step: "步", back: "退一步", forward: "进一步",
  scheduler: "调度器", part: "部分", add: "加一个调度器", addPart: "加一个部分", remove: "移除",
  options: "其余选项",
  asTorch: "写成 PyTorch", asTorchNote: "完整的程序；它打印出来的就是上表里的数。",
  code: "PyTorch 程序", copy: "复制", copied: "已复制",
};

/** Scenes: what they are called, and what to look for. */
export const scenes = {
  after: [
    "终点之后",
    "三条调度都在第 100 步到头（圆圈处）。继续训练会怎样？余弦又往上走，第 200 步回到全速；同一条余弦写成 LambdaLR，用 min(t, T)，就停在 0；PolynomialLR 也停在 0。",
  ],
  warmup: [
    "预热与交接",
    "20 步预热，然后是余弦；milestone 分别是 20、10 和 40。20 时两段正好接上。10 时学习率跳了一下，因为不管预热走到哪里，余弦都从全速开始；40 时先在全速等着。",
  ],
  onecycle: [
    "OneCycleLR 和它的动量",
    "lr 上升时 momentum 下降。最低的学习率在 total_steps − 1（圆圈处）。torch 允许再走一步：cos 的学习率在那里又抬头，linear 的降到 0 以下；再下一步就抛出异常（叉号处）。",
  ],
  decay: [
    "五种下降",
    "在对数轴上，ExponentialLR 是直线，StepLR 的台阶一样高，因为它们都是乘法。余弦和 PolynomialLR 越到最后越陡，因为它们要走到 0。",
  ],
  wiped: [
    "哪些不能串起来",
    "LambdaLR 直接设定学习率：放在预热之后，就把预热抹掉；放在预热之前，预热就乱了。MultiplicativeLR 在现有的值上乘，预热就还在。",
  ],
  waves: [
    "三种波",
    "WarmRestarts 一下跳回顶端，周期逐次加倍；triangular2 的 CyclicLR 每个周期高度减半，momentum 也跟着动；过了 T_max 的 CosineAnnealingLR 也是一种波。",
  ],
  plateau: [
    "耐心与噪声",
    "指标一直在降，只是有噪声。patience=5 把几步坏运气当成停滞，一次又一次降低学习率；这里 patience=20 一次也没有降。把噪声调成 0，或者拖动圆圈：学习率什么时候下降？",
  ],
  negative: [
    "负的指标",
    "指标停在 −1 不动。threshold_mode=\"rel\" 时门槛是 −1 × (1 − 0.0001) = −0.9999，所以 −1 永远算“变好”，学习率永远不降；\"abs\" 时门槛是 −1.0001。",
  ],
  zero: [
    "取 0 的时候",
    "从 0 开始的预热会被拒绝。total_iters=0 并不表示“不预热”：学习率一直停在起始因子上。factor=0 可以通过，到最后却要除以零。",
  ],
};
