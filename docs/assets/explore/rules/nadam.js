import { fma, lerp, power } from "../arithmetic.js";

/** One step of torch.optim.NAdam. */
export function nadam(param, grad, state, options) {
  const { lr, beta1, beta2, eps, weight_decay, momentum_decay } = options;
  const { decoupled_weight_decay } = options;
  state.exp_avg ??= new Float64Array(param.length);
  state.exp_avg_sq ??= new Float64Array(param.length);
  const t = (state.step = (state.step ?? 0) + 1);
  const correction = 1 - power(beta2, t);
  const mu = beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay));
  const next = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * momentum_decay));
  // torch keeps the product in float32, whatever the parameter is.
  state.mu_product = Math.fround((state.mu_product ?? 1) * Math.fround(mu));
  const ofGrad = (-lr * (1 - mu)) / (1 - state.mu_product);
  const ofAverage = (-lr * next) / (1 - state.mu_product * next);
  for (let i = 0; i < param.length; i++) {
    let g = grad[i];
    if (weight_decay !== 0) {
      if (decoupled_weight_decay) param[i] *= 1 - lr * weight_decay;
      else g = fma(weight_decay, param[i], g);
    }
    state.exp_avg[i] = lerp(state.exp_avg[i], g, 1 - beta1);
    state.exp_avg_sq[i] = fma((1 - beta2) * g, g, state.exp_avg_sq[i] * beta2);
    const denominator = Math.sqrt(state.exp_avg_sq[i] / correction) + eps;
    param[i] += (ofGrad * g) / denominator;
    param[i] += (ofAverage * state.exp_avg[i]) / denominator;
  }
}
