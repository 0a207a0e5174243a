import { fma, lerp } from "../arithmetic.js";

/** One step of torch.optim.RMSprop. */
export function rmsprop(param, grad, state, options) {
  const { lr, alpha, eps, weight_decay, momentum, centered } = options;
  state.square_avg ??= new Float64Array(param.length);
  if (momentum > 0) state.momentum_buffer ??= new Float64Array(param.length);
  if (centered) state.grad_avg ??= new Float64Array(param.length);
  for (let i = 0; i < param.length; i++) {
    let g = grad[i];
    if (weight_decay !== 0) g = fma(weight_decay, param[i], g);
    state.square_avg[i] = fma((1 - alpha) * g, g, state.square_avg[i] * alpha);
    let average = state.square_avg[i];
    if (centered) {
      const mean = lerp(state.grad_avg[i], g, 1 - alpha);
      state.grad_avg[i] = mean;
      average = fma(-mean, mean, average);
    }
    const root = Math.sqrt(average) + eps;
    if (momentum > 0) {
      state.momentum_buffer[i] = state.momentum_buffer[i] * momentum + g / root;
      param[i] = fma(-lr, state.momentum_buffer[i], param[i]);
    } else {
      param[i] += (-lr * g) / root;
    }
  }
}
