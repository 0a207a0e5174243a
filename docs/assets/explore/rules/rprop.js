/** One step of torch.optim.Rprop. */
export function rprop(param, grad, state, options) {
  const { lr, etaminus, etaplus, step_min, step_max } = options;
  state.prev ??= new Float64Array(param.length);
  state.step_size ??= new Float64Array(param.length).fill(lr);
  for (let i = 0; i < param.length; i++) {
    const agreement = Math.sign(grad[i] * state.prev[i]);
    const factor = agreement > 0 ? etaplus : agreement < 0 ? etaminus : 1;
    const size = Math.min(Math.max(state.step_size[i] * factor, step_min), step_max);
    const g = factor === etaminus ? 0 : grad[i];
    state.step_size[i] = size;
    param[i] += -Math.sign(g) * size;
    state.prev[i] = g;
  }
}
