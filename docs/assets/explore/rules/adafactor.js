import { fma, lerp } from "../arithmetic.js";

/** The length of 2 numbers, with one rounding less; or of 4, as torch sums them. */
function norm(v) {
  if (v.length === 2) return Math.sqrt(fma(v[1], v[1], v[0] * v[0]));
  return Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2] + v[3] * v[3]);
}

/** One step of torch.optim.Adafactor, for a vector of 2 or a matrix of 2 × 2. */
export function adafactor(param, grad, state, options) {
  const { lr, beta2_decay, eps1, eps2, d, weight_decay } = options;
  const size = param.length;
  const t = (state.step = (state.step ?? 0) + 1);
  const weight = t ** beta2_decay;
  const rho = Math.min(lr, 1 / Math.sqrt(t));
  const alpha = Math.max(eps2, norm(param) / Math.sqrt(size)) * rho;
  const floor = eps1 ?? Number.EPSILON;
  const estimate = new Float64Array(size);
  if (weight_decay !== 0) for (let i = 0; i < size; i++) param[i] *= 1 - lr * weight_decay;
  if (size === 4) {
    state.row_var ??= new Float64Array(2);
    state.col_var ??= new Float64Array(2);
    for (const i of [0, 1]) {
      const row = norm([grad[2 * i], grad[2 * i + 1]]);
      const column = Math.sqrt(grad[i] * grad[i] + grad[2 + i] * grad[2 + i]);
      state.row_var[i] = lerp(state.row_var[i], (row * row) / 2, weight);
      state.col_var[i] = lerp(state.col_var[i], (column * column) / 2, weight);
    }
    const mean = Math.max((state.row_var[0] + state.row_var[1]) / 2, floor);
    for (let i = 0; i < 4; i++)
      estimate[i] = (state.row_var[i >> 1] * state.col_var[i & 1]) / mean;
  } else {
    state.variance ??= new Float64Array(size);
    for (let i = 0; i < size; i++)
      estimate[i] = state.variance[i] = lerp(state.variance[i], grad[i] * grad[i], weight);
  }
  const update = estimate.map(
    (value, i) => (1 / Math.sqrt(Math.max(value, floor * floor))) * grad[i],
  );
  const clip = Math.max(1, norm(update) / (Math.sqrt(size) * d));
  for (let i = 0; i < size; i++) param[i] = fma(-alpha / clip, update[i], param[i]);
}
