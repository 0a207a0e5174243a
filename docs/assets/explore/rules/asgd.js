import { fma } from "../arithmetic.js";

/** One step of torch.optim.ASGD; the average is state.ax. */
export function asgd(param, grad, state, options) {
  const { lr, lambd, alpha, t0, weight_decay } = options;
  state.ax ??= new Float64Array(param.length);
  // torch keeps both in float32, whatever the parameter is.
  const eta = state.eta ?? Math.fround(lr);
  const mu = state.mu ?? 1;
  const t = (state.step = (state.step ?? 0) + 1);
  for (let i = 0; i < param.length; i++) {
    let g = grad[i];
    if (weight_decay !== 0) g = fma(weight_decay, param[i], g);
    param[i] *= 1 - lambd * eta;
    param[i] = fma(-eta, g, param[i]);
    state.ax[i] = mu === 1 ? param[i] : state.ax[i] + (param[i] - state.ax[i]) * mu;
  }
  state.eta = Math.fround(lr / (1 + lambd * lr * t) ** alpha);
  state.mu = Math.fround(1 / Math.max(1, t - t0));
}
