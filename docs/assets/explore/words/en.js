// All that the playground says in English.

export const words = {
  surface: "Surface", preset: "Scene", presets: "Choose a scene …", kappa: "Condition number κ",
  sigma: "Gradient noise σ", seed: "Seed", schedule: "Schedule", steps: "Steps in all",
  schedules: {
    none: "none", linear: "LinearLR, down to 0", cosine: "CosineAnnealingLR", step: "StepLR, twice ×0.1",
  },
  surfaces: {
    bowl: "Bowl: (x² + κy²)/2", rotated: "The bowl turned by 37°", canyon: "V-shaped canyon: x²/20 + 2|y|",
    saddle: "Saddle", plateau: "Plateau", rosenbrock: "Rosenbrock’s bent valley",
    wells: "A deep well and a shallow one", noisy: "Bowl with noise", reddi: "The example of Reddi et al.",
    neuron: "One neuron, real data", matrix: "2×2 matrix: a point for each row",
  },
  add: "Add an optimizer", remove: "Remove", options: "Other options", rule: "Optimizer",
  play: "Play", pause: "Pause", back: "One step back", forward: "One step on", toStart: "Back to the start",
  step: "Step", start: "Start", startHelp: "Start; arrow keys move it", reset: "Tuned defaults",
  plot: (name) => `Contours of ${name}, and the paths of the optimizers`,
  lossChart: "loss − minimum", lengthChart: "length of a step", stateChart: "State",
  numbers: (t) => `Numbers at step ${t}`, table: "Numbers at the step shown", optimizer: "Optimizer", loss: "loss", evals: "gradients",
  whole: "Go on in the playground",
  asTorch: "As PyTorch", asTorchNote: "A complete program that walks the same way with torch and prints where it ends.",
  code: "PyTorch program", copy: "Copy", copied: "Copied",
  flat: "Muon takes matrices only: it runs on “2×2 matrix”. Here torch raises",
  noState: "This optimizer keeps no state to draw.", show: "Show its state", of: "of",
  summary: (t, list) => `Step ${t}: ${list.join("; ")}`,
  arm: (name, x, loss) => `${name} at ${x}, loss ${loss}`,
  left: "the numbers overflowed", t: "step t",
};

/** Scenes: what they are called, and what to look for. */
export const scenes = {
  edge: [
    "A learning rate beyond 2/L",
    "L = 25, so the edge is 2/L = 0.08. The first is inside of it, the second outside: it jumps to and fro along y, a little farther each time.",
  ],
  overshoot: [
    "Why momentum overshoots",
    "One lr, three momenta. At 0.9 the buffer holds about ten gradients, so at the bottom it still pushes on; at 0.99 it holds more, overshoots more and settles later. See below when momentum_buffer changes its sign: later than the gradient does.",
  ],
  correction: [
    "What bias correction changes",
    "Adam with betas=(0, 0.999) and RMSprop with alpha=0.999 are one rule but for bias correction. v starts at 0 and is a thousandth of g² after one step; without correction one divides by a root that is some 32 times too small, so RMSprop’s first step is about 32 lr long in each coordinate.",
  ],
  first: [
    "RMSprop’s first step",
    "The same lr, one step. With its default alpha=0.99 RMSprop’s first step is 10 lr long in each coordinate, Adam’s 1.",
  ],
  epsilon: [
    "Adam with an ε that is too small",
    "Two that differ in eps: the default 1e-8, and 0.1. Both reach the bottom and their steps shrink to almost nothing. But v forgets the large gradients of old, and m/√v does not look at how large gradients are, so the run with the small eps suddenly strides out again (see the end of the step lengths); the one with the large eps stays quiet.",
  ],
  rotation: [
    "Turn the bowl",
    "The same bowl, turned by 37°. SGD’s path turns along and its loss curve stays; Adam and RMSprop scale each coordinate, and where the valley does not follow an axis that helps less. Compare with “Bowl”.",
  ],
  reddi: [
    "Adam walks the wrong way",
    "One gradient in three is 3, two are −1: 1/3 on average, so x = −1 is best. With a small β₂ the large gradient is divided by its own √v and Adam goes to +1; AMSGrad keeps the largest v and goes the right way.",
  ],
  saddle: [
    "Leaving a saddle",
    "The start is 0.001 beside the ridge. SGD first goes to the saddle along x, then leaves at an exponential pace; those that scale each coordinate leave almost at once. Set the start’s y to 0 and see who still moves.",
  ],
  plateau: [
    "Who walks on a plateau",
    "At the start gradients are about 0.01. SGD’s steps are proportional to them, so it hardly moves; steps of Adam, RMSprop and Rprop hardly depend on how large gradients are.",
  ],
  noise: [
    "Noise, averages, schedules",
    "With noise, SGD at a fixed lr ends in a jitter, not at the minimum. The second is ASGD: it jitters as well, its average is the state ax. Turn on a schedule and watch the jitter shrink.",
  ],
  curvature: [
    "Curvature: LBFGS in a bent valley",
    "LBFGS estimates curvature from past steps and differences of gradients, one iteration a step here; with a strong-Wolfe line search it takes more gradients a step (see the table). Compare with SGD and Adam, tuned.",
  ],
  muon: [
    "Muon: two rows walk together",
    "The parameter is a 2×2 matrix, each of its rows a point in the bowl. With SGD and Adam each point goes its own way; Muon makes the update roughly orthogonal: from this start both rows’ steps are about equally long, and at first nearly perpendicular. Near the bottom its steps hardly get shorter, so at a fixed lr it cannot settle.",
  ],
};
