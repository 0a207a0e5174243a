// All that the schedule explorer says in English.

export const words = {
  preset: "Scene", presets: "Choose a scene …", steps: "Steps", axis: "Axis of lr", linear: "linear",
  log: "logarithmic", plot: "Learning rate against step",
  metric: "metric", shape: "Shape", choose: "Choose …", noise: "Noise of the metric",
  shapes: {
    stalls: "falls, then stalls", slow: "falls ever more slowly", steps: "falls in steps",
    negative: "negative, then level", accuracy: "accuracy: rises",
  },
  knot: (i) => `Knot ${i} of the metric; arrow keys move it up and down`,
  knotsHelp: "Drag the circles up and down, or select one and press the arrow keys.",
  numbers: (t) => `Numbers at step ${t}`, table: "Numbers at the step shown", curve: "Curve",
  step: "Step", back: "One step back", forward: "One step on",
  scheduler: "Scheduler", part: "Part", add: "Add a scheduler", addPart: "Add a part", remove: "Remove",
  options: "Other options",
  asTorch: "As PyTorch", asTorchNote: "A complete program; what it prints are the numbers of the table above.",
  code: "PyTorch program", copy: "Copy", copied: "Copied",
};

/** Scenes: what they are called, and what to look for. */
export const scenes = {
  after: [
    "After the end",
    "Three schedules that end at step 100 (the rings). Whoever trains on: the cosine climbs again and is back at the full rate at step 200; the same cosine as a LambdaLR with min(t, T) rests at 0, and so does PolynomialLR.",
  ],
  warmup: [
    "Warm-up and hand-over",
    "A warm-up of 20 steps, then a cosine; the milestone is 20, 10 or 40. At 20 the two meet. At 10 the rate jumps, because the cosine begins at the full rate wherever the warm-up is; at 40 it waits at the full rate.",
  ],
  onecycle: [
    "OneCycleLR and its momentum",
    "Momentum goes down while lr goes up. The lowest rate is at total_steps − 1 (the ring). One more step is admitted: with cos the rate rises again there, with linear it falls below 0. The next step raises an exception (the cross).",
  ],
  decay: [
    "Five ways down",
    "On a logarithmic axis ExponentialLR is a straight line and StepLR has stairs of one height, because both multiply. The cosine and PolynomialLR fall ever more steeply towards their end, because they go to 0.",
  ],
  wiped: [
    "What cannot be chained",
    "LambdaLR sets the rate outright, so after a warm-up it wipes the warm-up out, and before one it makes a mess of it. MultiplicativeLR multiplies what it finds and leaves the warm-up be.",
  ],
  waves: [
    "Three waves",
    "WarmRestarts jumps up and doubles its cycle, CyclicLR in triangular2 halves its height with each cycle and moves momentum along, and CosineAnnealingLR past its T_max is a wave as well.",
  ],
  plateau: [
    "Patience and noise",
    "The metric never stops falling, but there is noise. Patience 5 takes a few unlucky steps for a stall and lowers the rate again and again, patience 20 never does here. Set the noise to 0, or drag the circles: when does the rate fall?",
  ],
  negative: [
    "Negative metrics",
    "A metric of −1 that stands still. With threshold_mode=\"rel\" the bar is −1 × (1 − 0.0001) = −0.9999, so −1 is “better” for ever and the rate never falls; with \"abs\" the bar is −1.0001.",
  ],
  zero: [
    "Zeros",
    "A warm-up from 0 is refused. total_iters=0 does not mean “no warm-up”: the rate stays at the start factor. factor=0 is admitted and divides by zero in the end.",
  ],
};
