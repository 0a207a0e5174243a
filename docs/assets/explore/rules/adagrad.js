import { fma } from "../arithmetic.js";

/** One step of torch.optim.Adagrad. */
export function adagrad(param, grad, state, options) {
  const { lr, lr_decay, weight_decay, initial_accumulator_value, eps } = options;
  state.sum ??= new Float64Array(param.length).fill(initial_accumulator_value);
  state.step = (state.step ?? 0) + 1;
  const rate = lr / (1 + (state.step - 1) * lr_decay);
  for (let i = 0; i < param.length; i++) {
    let g = grad[i];
    if (weight_decay !== 0) g = fma(weight_decay, param[i], g);
    state.sum[i] = fma(g, g, state.sum[i]);
    param[i] += (-rate * g) / (Math.sqrt(state.sum[i]) + eps);
  }
}
