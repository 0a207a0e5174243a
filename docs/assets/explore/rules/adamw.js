import { adam } from "./adam.js";

/** One step of torch.optim.AdamW. */
export function adamw(param, grad, state, options) {
  adam(param, grad, state, options, true);
}
