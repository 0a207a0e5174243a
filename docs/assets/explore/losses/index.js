// Which losses stand on which axis, with torch's options, and how torch is asked for them.
import { python } from "../frame.js";
import * as labels from "./labels.js";
import * as numbers from "./numbers.js";

/**
 * What is on the axis. window: what is drawn; bounds: where the lowest point is looked for, and
 * ends: whether these are true ends; targets: [least, most, step], null for those of the window;
 * y, x, arms: as it begins; fixed: what else the losses take. python: what the program defines.
 */
export const AXES = {
  number: {
    window: [-2, 12], step: 0.1, targets: null, y: [1, 2, 3, 4, 10], x: 6,
    arms: ["MSELoss", "L1Loss"],
  },
  count: {
    window: [-2, 8], step: 0.1, targets: [0, 12, 1], y: [0, 1, 1, 2, 6], x: 3,
    arms: ["PoissonNLLLoss"],
  },
  variance: {
    window: [0.05, 10], step: 0.05, bounds: [1e-6, 40], ends: true, targets: [-5, 5, 0.1],
    y: [-2, -1, 0, 1, 2], x: 1, arms: ["GaussianNLLLoss"], fixed: { mu: 0 },
  },
  probability: {
    window: [0, 1], step: 0.01, ends: true, targets: [0, 1, 0.05], y: [1, 1, 1, 0], x: 0.5,
    arms: ["BCELoss", "MSELoss", "L1Loss"],
  },
  logit: {
    window: [-6, 6], step: 0.1, bounds: [-30, 30], targets: [0, 1, 0.05], y: [1, 0, 0, 0],
    x: 1, arms: ["BCEWithLogitsLoss"],
  },
  classes: {
    window: [-6, 8], step: 0.1, bounds: [-30, 30], targets: [0, 2, 1], y: [0, 0, 0, 1],
    x: 0, arms: ["CrossEntropyLoss"], fixed: { z1: 0, z2: 0 },
    python: ({ z1, z2 }) => [
      "", "", "def logits(x):",
      `    return torch.stack([x, x.new_tensor(${python(z1)}), x.new_tensor(${python(z2)})])`
        + ".expand(len(y), 3)", "", "",
    ],
  },
  sign: {
    window: [-4, 4], step: 0.1, targets: [-1, 1, 2], y: [1, 1, 1, -1], x: 0.5,
    arms: ["MarginRankingLoss", "SoftMarginLoss"],
  },
  angle: {
    window: [0, Math.PI], step: 0.01, ends: true, targets: [-1, 1, 2], y: [1, -1], x: 1,
    arms: ["CosineEmbeddingLoss"],
    python: () => [
      "first = torch.tensor([[1.0, 0.0]], dtype=torch.float64).expand(len(y), 2)", "", "",
      "def second(x):",
      "    return torch.stack([x.cos(), x.sin()]).expand(len(y), 2)", "", "",
    ],
  },
  distance: {
    window: [0, 6], step: 0.05, ends: true, targets: null, y: [1.5, 2, 3, 5], x: 2,
    arms: ["TripletMarginLoss"],
    python: () => ["anchor = torch.zeros(len(y), 1, dtype=torch.float64)"],
  },
};

/** Into how many parts the line is cut to find the lowest point. */
const STEPS = 1200;
const margin = (value, min, max, least) => ({ margin: { value, min, max, step: 0.1, least } });
const full = { value: false };
const logits = (made) => `${made}(logits(x), y)`;
const hard = (y) => y.every((v) => v === 0 || v === 1);

/**
 * on: the function of each axis; options: torch's, with the default as value, or our own; named:
 * what else makes the module; layer: whether it has weights; call: the end of the program's line,
 * given what makes the module; best: what the lowest point is called.
 */
export const LOSSES = {
  MSELoss: {
    on: { number: numbers.mse_loss, count: numbers.mse_loss, probability: numbers.mse_loss },
    best: () => "mean",
  },
  L1Loss: { on: { number: numbers.l1_loss, probability: numbers.l1_loss }, best: () => "median" },
  SmoothL1Loss: {
    on: { number: numbers.smooth_l1_loss },
    options: { beta: { value: 1, min: 0, max: 5, step: 0.1, least: 0 } },
  },
  HuberLoss: {
    on: { number: numbers.huber_loss },
    options: { delta: { value: 1, min: 0.1, max: 10, step: 0.1, least: 1e-6 } },
  },
  quantile: {
    on: { number: numbers.quantile_loss },
    options: { q: { value: 0.5, min: 0.05, max: 0.95, step: 0.05, least: 0.001, most: 0.999 } },
    line: ({ q }) => `torch.maximum(${q} * (y - x), (${q} - 1) * (y - x)).mean()`,
    best: () => "quantile",
  },
  GaussianNLLLoss: {
    on: { number: numbers.gaussian_nll_loss, variance: numbers.gaussian_nll_loss_of_variance },
    options: {
      var: { value: 1, min: 0.1, max: 10, step: 0.1, least: 0, only: "number" },
      full, eps: { value: 1e-6, least: 1e-300 },
    },
    call: (made, o, axis, { mu }) =>
      axis === "variance"
        ? `${made}(torch.full_like(y, ${python(mu)}), y, x.expand_as(y))`
        : `${made}(x.expand_as(y), y, torch.full_like(y, ${python(o.var)}))`,
    best: (y, o, axis) => (axis === "variance" ? "meanSquare" : "mean"),
  },
  PoissonNLLLoss: {
    on: { count: numbers.poisson_nll_loss },
    options: { log_input: { value: true }, full, eps: { value: 1e-8, least: 0, most: 1 } },
    best: (y, o) => (o.log_input ? "logMean" : "mean"),
  },
  BCELoss: { on: { probability: labels.binary_cross_entropy }, best: () => "frequency" },
  BCEWithLogitsLoss: {
    on: { logit: labels.binary_cross_entropy_with_logits },
    options: { pos_weight: { value: 1, min: 0.1, max: 100, log: true, least: 0 } },
    best: (y, o) => (o.pos_weight === 1 ? "logOdds" : "weightedLogOdds"),
  },
  MultiLabelSoftMarginLoss: {
    on: { logit: labels.multilabel_soft_margin_loss },
    call: (made) => `${made}(x.expand(len(y), 1), y[:, None])`,
    best: () => "logOdds",
  },
  SoftMarginLoss: {
    on: {
      logit: (x, y) => labels.soft_margin_loss(x, 2 * y - 1),
      sign: labels.soft_margin_loss,
    },
    call: (made, o, axis) => `${made}(x.expand_as(y), ${axis === "logit" ? "2 * y - 1" : "y"})`,
    best: (y, o, axis) => (axis === "sign" || hard(y) ? "logOdds" : null),
  },
  CrossEntropyLoss: {
    on: { classes: labels.cross_entropy },
    options: { label_smoothing: { value: 0, min: 0, max: 1, step: 0.05, least: 0, most: 1 } },
    call: logits,
  },
  LinearCrossEntropyLoss: {
    on: { classes: labels.linear_cross_entropy },
    options: { label_smoothing: { value: 0, min: 0, max: 1, step: 0.05, least: 0, most: 1 } },
    named: ["3", "3", "dtype=torch.float64"],
    layer: true,
    call: (made) => `weighted(${made}, torch.eye(3))(logits(x), y)`,
  },
  AdaptiveLogSoftmaxWithLoss: {
    on: { classes: labels.adaptive_log_softmax },
    named: ["3", "3", "[1]", "div_value=1", "dtype=torch.float64"],
    layer: true,
    call: (made) =>
      `weighted(${made}, torch.eye(2, 3), torch.eye(3), torch.eye(3)[2].diag()[1:])`
      + "(logits(x), y).loss",
  },
  CTCLoss: {
    on: { classes: labels.ctc_loss },
    options: { frames: { value: 4, min: 1, max: 12, step: 1, least: 1, most: 40, own: true } },
    call: (made, { frames }) =>
      `${made}(logits(x).log_softmax(1).expand(${frames}, -1, -1), y[y > 0], `
      + `torch.full_like(y, ${frames}), (y > 0).long())`,
  },
  NLLLoss: {
    on: { classes: labels.nll_loss },
    call: (made) => `${made}(logits(x).log_softmax(1), y)`,
  },
  KLDivLoss: {
    on: { classes: labels.kl_div },
    options: {
      smoothing: { value: 0, min: 0, max: 1, step: 0.05, least: 0, most: 1, own: true },
    },
    make: 'nn.KLDivLoss(reduction="batchmean")',
    call: (made, { smoothing }) => {
      const target = "nn.functional.one_hot(y, 3).double()";
      const soft = smoothing ? `(1 - ${smoothing}) * ${target} + ${smoothing} / 3` : target;
      return `${made}(logits(x).log_softmax(1), ${soft})`;
    },
  },
  MultiMarginLoss: {
    on: { classes: labels.multi_margin_loss },
    options: { p: { value: 1, among: [1, 2] }, ...margin(1, -1, 4) },
    call: logits,
  },
  MultiLabelMarginLoss: {
    on: { classes: labels.multilabel_margin_loss },
    call: (made) => `${made}(logits(x), nn.functional.pad(y[:, None], (0, 2), value=-1))`,
  },
  MarginRankingLoss: {
    on: { sign: labels.margin_ranking_loss }, options: margin(0, -1, 4),
    call: (made) => `${made}(x.expand_as(y), torch.zeros_like(y), y)`,
  },
  HingeEmbeddingLoss: { on: { sign: labels.hinge_embedding_loss }, options: margin(1, -1, 4) },
  CosineEmbeddingLoss: {
    on: { angle: labels.cosine_embedding_loss }, options: margin(0, -1, 1),
    call: (made) => `${made}(first, second(x), y)`,
  },
  TripletMarginLoss: {
    on: { distance: labels.triplet_margin_loss }, options: margin(1, 0.1, 4, 1e-6),
    call: (made) => `${made}(anchor, x.expand(len(y), 1), y[:, None])`,
  },
  TripletMarginWithDistanceLoss: {
    on: { distance: labels.triplet_margin_with_distance_loss },
    options: margin(1, 0.1, 4, 1e-6),
    named: ["distance_function=lambda a, b: (a - b).abs().squeeze(1)"],
    call: (made) => `${made}(anchor, x.expand(len(y), 1), y[:, None])`,
  },
};

/** The options that a loss has on an axis. */
export const optionsOf = (name, axis) =>
  Object.entries(LOSSES[name].options ?? {}).filter(([, { only = axis }]) => only === axis);

/** All options of an arm, those that are not set as torch has them. */
export const valuesOf = ({ loss, options = {} }) => ({
  ...Object.fromEntries(Object.entries(LOSSES[loss].options ?? {}).map(([k, o]) => [k, o.value])),
  ...options,
});

/** The mean loss of constants: a function from x to [value, slope]. */
export function meanLoss({ axis, y, fixed }, arm) {
  const term = LOSSES[arm.loss].on[axis];
  const options = valuesOf(arm);
  return (x) => {
    const terms = y.map((each) => term(x, each, options, fixed));
    return [0, 1].map((k) => terms.reduce((sum, each) => sum + each[k], 0) / y.length);
  };
}

/**
 * Where a mean loss is lowest: { low, high, value }, which are equal where it is one point, and
 * infinite where it stays flat; null and the side to which it falls where it has no lowest point.
 */
export function lowest(state, arm) {
  const { window, bounds = window, ends } = AXES[state.axis];
  const [least, most] = [0, 1].map((k) => (ends ? window : state.window)[k]);
  const spare = bounds === window && !ends ? most - least : 0;
  const from = Math.min(bounds[0], least) - spare;
  const to = Math.max(bounds[1], most) + spare;
  const mean = meanLoss(state, arm);
  const slope = (x) => mean(x)[1];
  const at = (k) => from + ((to - from) * k) / STEPS;
  const values = Array.from({ length: STEPS + 1 }, (_, k) => mean(at(k))[0]);
  const lowestValue = Math.min(...values.filter((v) => !Number.isNaN(v)));
  const near = (v) => v - lowestValue <= 1e-13 * (1 + Math.abs(lowestValue));
  const first = values.findIndex(near);
  let last = first;
  while (last < STEPS && near(values[last + 1])) last++;
  const [left, right] = [first === 0 && !ends, last === STEPS && !ends];
  if (left && slope(from) !== 0) return { low: null, high: null, side: -1 };
  if (right && slope(to) !== 0) return { low: null, high: null, side: 1 };
  const [a, b] = [at(Math.max(first - 1, 0)), at(Math.min(last + 1, STEPS))];
  const low = left ? -Infinity : bisect(a, b, (x) => slope(x) >= -1e-12);
  const high = right ? Infinity : bisect(a, b, (x) => slope(x) > 1e-12);
  const middle = (low + high) / 2;
  const value = mean(Number.isFinite(middle) ? middle : Number.isFinite(low) ? low : high)[0];
  return high - low < 1e-6 ? { low: middle, high: middle, value } : { low, high, value };
}

/** The least x of an interval from which on something holds. */
function bisect(a, b, holds) {
  if (holds(a)) return a;
  for (let k = 0; k < 80; k++) {
    const middle = (a + b) / 2;
    if (holds(middle)) b = middle;
    else a = middle;
  }
  return b;
}
