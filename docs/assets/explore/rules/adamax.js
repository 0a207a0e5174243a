import { fma, lerp, power } from "../arithmetic.js";

/** One step of torch.optim.Adamax. */
export function adamax(param, grad, state, options) {
  const { lr, beta1, beta2, eps, weight_decay } = options;
  state.exp_avg ??= new Float64Array(param.length);
  state.exp_inf ??= new Float64Array(param.length);
  const t = (state.step = (state.step ?? 0) + 1);
  const stepSize = lr / (1 - power(beta1, t));
  for (let i = 0; i < param.length; i++) {
    let g = grad[i];
    if (weight_decay !== 0) g = fma(weight_decay, param[i], g);
    state.exp_avg[i] = lerp(state.exp_avg[i], g, 1 - beta1);
    state.exp_inf[i] = Math.max(state.exp_inf[i] * beta2, Math.abs(g) + eps);
    param[i] += (-stepSize * state.exp_avg[i]) / state.exp_inf[i];
  }
}
