// Losses of yes and no, of classes and of order, named as in torch.nn.functional. Each gives one
// sample's value and its slope by x; at a kink the slope is the one that torch gives there.

/** torch's constant, a float32, in float64 too. */
const EPSILON = Math.fround(1e-12);

const sigmoid = (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const logsigmoid = (x) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));

/** max(0, u), with its slope where u changes by du: torch lets the slope pass at 0. */
const hinge = (u, du) => (u >= 0 ? [u, du] : [0, 0]);

export function binary_cross_entropy(x, y) {
  const [yes, no] = [Math.max(Math.log(x), -100), Math.max(Math.log1p(-x), -100)];
  return [(y - 1) * no - y * yes, (x - y) / Math.max((1 - x) * x, EPSILON)];
}

export function binary_cross_entropy_with_logits(x, y, { pos_weight = 1 } = {}) {
  const weight = (pos_weight - 1) * y + 1;
  return [(1 - y) * x - weight * logsigmoid(x), 1 - y - weight * sigmoid(-x)];
}

export const multilabel_soft_margin_loss = (x, y) => [
  -(y * logsigmoid(x) + (1 - y) * logsigmoid(-x)),
  sigmoid(x) - y,
];

export function soft_margin_loss(x, y) {
  const e = Math.exp(-x * y);
  return [Math.log1p(e), (-y * e) / (1 + e)];
}

export const margin_ranking_loss = (x, y, { margin }) => hinge(-y * x + margin, -y);

export const hinge_embedding_loss = (x, y, { margin }) =>
  y === 1 ? [x, 1] : hinge(margin - x, -1);

/** Of unit vectors, in the angle between them; 1e-12 is torch's, added to each squared length. */
export function cosine_embedding_loss(x, y, { margin }) {
  const scale = Math.sqrt((1 + 1e-12) * (Math.cos(x) ** 2 + Math.sin(x) ** 2 + 1e-12));
  const [cos, slope] = [Math.cos(x) / scale, -Math.sin(x) / scale];
  return y === 1 ? [1 - cos, -slope] : hinge(cos - margin, slope);
}

/** In the distance x of the positive; y is the distance of the negative. */
export function triplet_margin_loss(x, y, { margin }, _, eps = 1e-6) {
  const near = eps - x;
  return hinge(margin + Math.abs(near) - Math.abs(eps - y), -Math.sign(near));
}

export const triplet_margin_with_distance_loss = (x, y, options) =>
  triplet_margin_loss(x, y, options, null, 0);

// ---- of three classes: x is the first logit, the two others are fixed

function softmax(logits) {
  const most = Math.max(...logits);
  const sum = logits.reduce((s, z) => s + Math.exp(z - most), 0);
  return [logits.map((z) => z - most - Math.log(sum)), Math.exp(logits[0] - most) / sum];
}

const smoothed = (y, eps, j) => (1 - eps) * (j === y) + eps / 3;
const logitsOf = (x, { z1, z2 }) => [x, z1, z2];

export function cross_entropy(x, y, { label_smoothing = 0 }, fixed) {
  const [logs, p] = softmax(logitsOf(x, fixed));
  const value = logs.reduce((s, log, j) => s - smoothed(y, label_smoothing, j) * log, 0);
  return [value, p - smoothed(y, label_smoothing, 0)];
}

/** Of a layer that hands on what it is given: the logits are the features. */
export const linear_cross_entropy = cross_entropy;

/** Class 0 and the others together are the head; which of these it is, the tail says. */
export function adaptive_log_softmax(x, y, _, { z1, z2 }) {
  const [head, p] = softmax([x, z1]);
  const [tail] = softmax([0, z2]);
  return [y === 0 ? -head[0] : -head[1] - tail[y - 1], p - (y === 0)];
}

/** Of some frames alike, in which class 0 is the blank and y the one label, or none. */
export function ctc_loss(x, y, { frames }, fixed) {
  const [logs, p] = softmax(logitsOf(x, fixed));
  if (y === 0) return [-frames * logs[0], frames * (p - 1)];
  // A run of k frames says y, blanks stand before and after it.
  const runs = Array.from({ length: frames }, (_, i) => i + 1);
  const ways = runs.map((k) => Math.log(frames - k + 1) + k * logs[y] + (frames - k) * logs[0]);
  const most = Math.max(...ways);
  const parts = ways.map((way) => Math.exp(way - most));
  const sum = parts.reduce((s, part) => s + part, 0);
  const blanks = runs.reduce((s, k, i) => s + (parts[i] / sum) * (frames - k), 0);
  return [-most - Math.log(sum), frames * p - blanks];
}

export const nll_loss = (x, y, _, fixed) => cross_entropy(x, y, {}, fixed);

export function kl_div(x, y, { smoothing }, fixed) {
  const [value, slope] = cross_entropy(x, y, { label_smoothing: smoothing }, fixed);
  const entropy = [0, 1, 2].reduce((s, j) => {
    const q = smoothed(y, smoothing, j);
    return q > 0 ? s + q * Math.log(q) : s;
  }, 0);
  return [value + entropy, slope];
}

export function multi_margin_loss(x, y, { p, margin }, fixed) {
  const logits = logitsOf(x, fixed);
  let [value, slope] = [0, 0];
  logits.forEach((z, j) => {
    const u = margin - logits[y] + z;
    if (j === y || u <= 0) return;
    value += u ** p / 3;
    slope += ((p === 2 ? 2 * u : 1) * ((j === 0) - (y === 0))) / 3;
  });
  return [value, slope];
}

/** Of one label each; torch gives it no margin to choose. */
export const multilabel_margin_loss = (x, y, _, fixed) =>
  multi_margin_loss(x, y, { p: 1, margin: 1 }, fixed);
