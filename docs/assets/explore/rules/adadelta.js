import { fma } from "../arithmetic.js";

/** One step of torch.optim.Adadelta. */
export function adadelta(param, grad, state, options) {
  const { lr, rho, eps, weight_decay } = options;
  state.square_avg ??= new Float64Array(param.length);
  state.acc_delta ??= new Float64Array(param.length);
  for (let i = 0; i < param.length; i++) {
    let g = grad[i];
    if (weight_decay !== 0) g = fma(weight_decay, param[i], g);
    state.square_avg[i] = fma((1 - rho) * g, g, state.square_avg[i] * rho);
    const root = Math.sqrt(state.square_avg[i] + eps);
    const delta = (Math.sqrt(state.acc_delta[i] + eps) / root) * g;
    state.acc_delta[i] = fma((1 - rho) * delta, delta, state.acc_delta[i] * rho);
    param[i] = fma(-lr, delta, param[i]);
  }
}
