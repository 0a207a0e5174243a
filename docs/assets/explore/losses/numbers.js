// Losses of a number, named as in torch.nn.functional. Each gives one sample's value and its
// slope by x; where a curve has a kink, the slope is the one that torch gives there.

export const mse_loss = (x, y) => [(x - y) ** 2, 2 * (x - y)];

export const l1_loss = (x, y) => [Math.abs(x - y), Math.sign(x - y)];

export function smooth_l1_loss(x, y, { beta }) {
  const d = x - y;
  if (Math.abs(d) < beta) return [(0.5 * d * d) / beta, d / beta];
  return [Math.abs(d) - 0.5 * beta, Math.sign(d)];
}

export function huber_loss(x, y, { delta }) {
  const d = x - y;
  if (Math.abs(d) <= delta) return [0.5 * d * d, d];
  return [delta * (Math.abs(d) - 0.5 * delta), delta * Math.sign(d)];
}

/** The pinball loss, which torch.nn has not: q(y − x) below the target, (1 − q)(x − y) above. */
export function quantile_loss(x, y, { q }) {
  const d = y - x;
  if (d === 0) return [0, 0.5 - q];
  return d > 0 ? [q * d, -q] : [(q - 1) * d, 1 - q];
}

const HALF_LOG_2_PI = 0.5 * Math.log(2 * Math.PI);

/** In the mean; the variance is an option here. */
export function gaussian_nll_loss(x, y, { var: variance, full, eps }) {
  const v = Math.max(variance, eps);
  return [0.5 * (Math.log(v) + (x - y) ** 2 / v) + (full ? HALF_LOG_2_PI : 0), (x - y) / v];
}

/** In the variance; the mean is fixed. Below eps torch clamps the value and lets the slope pass. */
export function gaussian_nll_loss_of_variance(x, y, { full, eps }, { mu }) {
  const v = Math.max(x, eps);
  const square = (mu - y) ** 2;
  return [0.5 * (Math.log(v) + square / v) + (full ? HALF_LOG_2_PI : 0), 0.5 * (1 / v - square / v ** 2)];
}

export function poisson_nll_loss(x, y, { log_input, full, eps }) {
  const stirling = full && y > 1 ? y * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI * y) : 0;
  if (log_input) return [Math.exp(x) - y * x + stirling, Math.exp(x) - y];
  return [x - y * Math.log(x + eps) + stirling, 1 - y / (x + eps)];
}
