import { fma, lerp, power } from "../arithmetic.js";

/** One step of torch.optim.Adam; of AdamW where decay is decoupled. */
export function adam(param, grad, state, options, decoupled = false) {
  const { lr, beta1, beta2, eps, weight_decay, amsgrad } = options;
  state.exp_avg ??= new Float64Array(param.length);
  state.exp_avg_sq ??= new Float64Array(param.length);
  if (amsgrad) state.max_exp_avg_sq ??= new Float64Array(param.length);
  const t = (state.step = (state.step ?? 0) + 1);
  const stepSize = lr / (1 - power(beta1, t));
  const correction = Math.sqrt(1 - power(beta2, t));
  for (let i = 0; i < param.length; i++) {
    let g = grad[i];
    if (weight_decay !== 0) {
      if (decoupled) param[i] *= 1 - lr * weight_decay;
      else g = fma(weight_decay, param[i], g);
    }
    state.exp_avg[i] = lerp(state.exp_avg[i], g, 1 - beta1);
    let square = fma((1 - beta2) * g, g, state.exp_avg_sq[i] * beta2);
    state.exp_avg_sq[i] = square;
    if (amsgrad) square = state.max_exp_avg_sq[i] = Math.max(state.max_exp_avg_sq[i], square);
    const denominator = Math.sqrt(square) / correction + eps;
    param[i] += (-stepSize * state.exp_avg[i]) / denominator;
  }
}
