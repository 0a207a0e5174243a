import { fma, lerp, power } from "../arithmetic.js";

/** One step of torch.optim.RAdam. */
export function radam(param, grad, state, options) {
  const { lr, beta1, beta2, eps, weight_decay, decoupled_weight_decay } = options;
  state.exp_avg ??= new Float64Array(param.length);
  state.exp_avg_sq ??= new Float64Array(param.length);
  const t = (state.step = (state.step ?? 0) + 1);
  const decayed = power(beta2, t);
  const correction1 = 1 - power(beta1, t);
  const correction2 = 1 - decayed;
  const longest = 2 / (1 - beta2) - 1;
  const length = longest - (2 * t * decayed) / correction2;
  const rect = Math.sqrt(
    ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length),
  );
  for (let i = 0; i < param.length; i++) {
    let g = grad[i];
    if (weight_decay !== 0) {
      if (decoupled_weight_decay) param[i] *= 1 - lr * weight_decay;
      else g = fma(weight_decay, param[i], g);
    }
    state.exp_avg[i] = lerp(state.exp_avg[i], g, 1 - beta1);
    state.exp_avg_sq[i] = fma((1 - beta2) * g, g, state.exp_avg_sq[i] * beta2);
    let update = (state.exp_avg[i] / correction1) * lr;
    if (length > 5) {
      update *= (1 / (Math.sqrt(state.exp_avg_sq[i]) + eps)) * Math.sqrt(correction2);
      update *= rect;
    }
    param[i] -= update;
  }
}
