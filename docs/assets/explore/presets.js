// Scenes that show one thing each: what is set. What to look for is in words/.

const arm = (rule, options) => ({ rule, options });

export const PRESETS = {
  edge: {
    scene: { surface: "bowl", steps: 60 },
    arms: [arm("SGD", { lr: 0.076 }), arm("SGD", { lr: 0.0815 })],
  },
  overshoot: {
    scene: { surface: "bowl", kappa: 4, steps: 150, start: [-5, 2.5] },
    arms: [arm("SGD", { lr: 0.02 }), arm("SGD", { lr: 0.02, momentum: 0.9 }), arm("SGD", { lr: 0.02, momentum: 0.99 })],
    shown: 1,
  },
  correction: {
    scene: { surface: "bowl", kappa: 4, steps: 80, start: [-5, 2.5], t: 80 },
    arms: [arm("Adam", { lr: 0.1, beta1: 0, beta2: 0.999 }), arm("RMSprop", { lr: 0.1, alpha: 0.999 })],
    shown: 1,
  },
  first: {
    scene: { surface: "bowl", steps: 20, t: 1 },
    arms: [arm("RMSprop", { lr: 0.1 }), arm("Adam", { lr: 0.1 })],
  },
  epsilon: {
    scene: { surface: "bowl", kappa: 4, steps: 1000, start: [-5, 2.5] },
    arms: [arm("Adam", { lr: 0.5, beta2: 0.99 }), arm("Adam", { lr: 0.5, beta2: 0.99, eps: 0.1 })],
  },
  rotation: {
    scene: { surface: "rotated", steps: 200, start: [-5.5, -1] },
    arms: [arm("SGD", { lr: 0.05 }), arm("Adam", { lr: 0.3 }), arm("RMSprop", { lr: 0.05 })],
  },
  reddi: {
    scene: { surface: "reddi", steps: 300, start: [0.5, 0.8] },
    arms: [arm("Adam", { lr: 0.02, beta1: 0, beta2: 0.1 }), arm("Adam", { lr: 0.02, beta1: 0, beta2: 0.1, amsgrad: true }), arm("SGD", { lr: 0.02 })],
  },
  saddle: {
    scene: { surface: "saddle", steps: 150, start: [-5, 0.001] },
    arms: [arm("SGD", { lr: 0.1 }), arm("SGD", { lr: 0.03, momentum: 0.9 }), arm("RMSprop", { lr: 0.05 }), arm("Adam", { lr: 0.1 })],
  },
  plateau: {
    scene: { surface: "plateau", steps: 150 },
    arms: [arm("SGD", { lr: 0.1 }), arm("Adam", { lr: 0.1 }), arm("RMSprop", { lr: 0.05 }), arm("Rprop", { lr: 0.05 })],
  },
  noise: {
    scene: { surface: "noisy", steps: 300 },
    arms: [arm("SGD", { lr: 0.1 }), arm("ASGD", { lr: 0.1, t0: 30 })],
    shown: 1,
  },
  curvature: {
    scene: { surface: "rosenbrock", steps: 100 },
    arms: [arm("LBFGS", { lr: 0.5, max_iter: 1 }), arm("LBFGS", { lr: 1, max_iter: 1, max_eval: 25, line_search_fn: "strong_wolfe" }), arm("SGD", { lr: 0.002, momentum: 0.9 }), arm("Adam", { lr: 0.2 })],
  },
  muon: {
    scene: { surface: "matrix", steps: 100 },
    arms: [arm("Muon", { lr: 0.1, weight_decay: 0 }), arm("SGD", { lr: 0.05 }), arm("Adam", { lr: 0.2 })],
  },
};
