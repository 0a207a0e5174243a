import { fma } from "../arithmetic.js";

/** One step of torch.optim.SGD. */
export function sgd(param, grad, state, options) {
  const { lr, momentum, dampening, weight_decay, nesterov } = options;
  const first = momentum !== 0 && !state.momentum_buffer;
  if (first) state.momentum_buffer = new Float64Array(param.length);
  const buffer = state.momentum_buffer;
  for (let i = 0; i < param.length; i++) {
    let g = grad[i];
    if (weight_decay !== 0) g = fma(weight_decay, param[i], g);
    if (momentum !== 0) {
      buffer[i] = first ? g : fma(1 - dampening, g, buffer[i] * momentum);
      g = nesterov ? fma(momentum, buffer[i], g) : buffer[i];
    }
    param[i] = fma(-lr, g, param[i]);
  }
}
