// The optimizers of torch.optim that make sense on a surface, with torch's own defaults.
// SparseAdam is missing: it takes sparse gradients only, and a surface has none.
import { adadelta } from "./adadelta.js";
import { adafactor } from "./adafactor.js";
import { adagrad } from "./adagrad.js";
import { adam } from "./adam.js";
import { adamax } from "./adamax.js";
import { adamw } from "./adamw.js";
import { asgd } from "./asgd.js";
import { lbfgs } from "./lbfgs.js";
import { muon } from "./muon.js";
import { nadam } from "./nadam.js";
import { radam } from "./radam.js";
import { rmsprop } from "./rmsprop.js";
import { rprop } from "./rprop.js";
import { sgd } from "./sgd.js";

const betas = { beta1: 0.9, beta2: 0.999 };

/** Name in torch.optim: its rule, its defaults, and what of its state has a picture. */
export const RULES = {
  SGD: {
    step: sgd,
    options: { lr: 0.001, momentum: 0, dampening: 0, weight_decay: 0, nesterov: false },
    state: ["momentum_buffer"],
  },
  Adagrad: {
    step: adagrad,
    options: {
      lr: 0.01, lr_decay: 0, weight_decay: 0, initial_accumulator_value: 0, eps: 1e-10,
    },
    state: ["sum"],
  },
  RMSprop: {
    step: rmsprop,
    options: {
      lr: 0.01, alpha: 0.99, eps: 1e-8, weight_decay: 0, momentum: 0, centered: false,
    },
    state: ["square_avg", "grad_avg", "momentum_buffer"],
  },
  Adadelta: {
    step: adadelta,
    options: { lr: 1, rho: 0.9, eps: 1e-6, weight_decay: 0 },
    state: ["square_avg", "acc_delta"],
  },
  Adam: {
    step: adam,
    options: { lr: 0.001, ...betas, eps: 1e-8, weight_decay: 0, amsgrad: false },
    state: ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"],
  },
  AdamW: {
    step: adamw,
    options: { lr: 0.001, ...betas, eps: 1e-8, weight_decay: 0.01, amsgrad: false },
    state: ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"],
  },
  Adamax: {
    step: adamax,
    options: { lr: 0.002, ...betas, eps: 1e-8, weight_decay: 0 },
    state: ["exp_avg", "exp_inf"],
  },
  NAdam: {
    step: nadam,
    options: {
      lr: 0.002, ...betas, eps: 1e-8, weight_decay: 0, momentum_decay: 0.004,
      decoupled_weight_decay: false,
    },
    state: ["exp_avg", "exp_avg_sq"],
  },
  RAdam: {
    step: radam,
    options: {
      lr: 0.001, ...betas, eps: 1e-8, weight_decay: 0, decoupled_weight_decay: false,
    },
    state: ["exp_avg", "exp_avg_sq"],
  },
  Adafactor: {
    step: adafactor,
    options: { lr: 0.01, beta2_decay: -0.8, eps1: null, eps2: 0.001, d: 1, weight_decay: 0 },
    state: ["variance", "row_var", "col_var"],
  },
  Rprop: {
    step: rprop,
    options: { lr: 0.01, etaminus: 0.5, etaplus: 1.2, step_min: 1e-6, step_max: 50 },
    state: ["prev", "step_size"],
  },
  ASGD: {
    step: asgd,
    options: { lr: 0.01, lambd: 0.0001, alpha: 0.75, t0: 1e6, weight_decay: 0 },
    state: ["ax"],
  },
  LBFGS: {
    step: lbfgs,
    closure: true,
    options: {
      lr: 1, max_iter: 20, max_eval: null, tolerance_grad: 1e-7, tolerance_change: 1e-9,
      history_size: 100, line_search_fn: null,
    },
    state: ["d"],
  },
  Muon: {
    step: muon,
    matrix: true,
    options: {
      lr: 0.001, weight_decay: 0.1, momentum: 0.95, nesterov: true, eps: 1e-7, ns_steps: 5,
    },
    state: ["momentum_buffer"],
  },
};

/** Arguments that torch takes as a pair, and what their halves are called here. */
export const PAIRS = {
  betas: ["beta1", "beta2"],
  etas: ["etaminus", "etaplus"],
  step_sizes: ["step_min", "step_max"],
  eps: ["eps1", "eps2"],
};
