// All that the loss explorer says in English.

export const words = {
  scene: "Scene", scenes: "Choose a scene …", axis: "On the axis", targets: "Targets y",
  more: "One sample more", fewer: "One sample fewer", scaled: "Each curve to full height",
  toScale: (text) => `${text}, each to its own scale`,
  axes: {
    number: "x: a number that is predicted", count: "x: what predicts a count",
    variance: "x: a predicted variance", probability: "x: a probability", logit: "x: a logit",
    classes: "x: the logit of class 0 of three", sign: "x: a difference of scores",
    angle: "x: an angle between two vectors", distance: "x: the distance of the positive",
  },
  about: {
    number: "One number answers for all samples. Each dot is a target; where the slope crosses 0, their pulls balance.",
    count: "The targets are counts. With log_input x is the logarithm of the rate, without it the rate.",
    variance: "The mean mu is fixed, the targets are measured, and x is the variance that one gives them.",
    probability: "The targets are labels, soft ones too; x is the probability of yes.",
    logit: "The targets are labels, soft ones too; SoftMarginLoss gets them as −1 and 1.",
    classes: "The targets are classes; x is the logit of class 0, z1 and z2 are the two others. NLLLoss and KLDivLoss get the log-softmax. For CTCLoss class 0 is the blank and the target is one label, or none; all frames have these logits.",
    sign: "y = 1 wants x large, y = −1 wants it small. HingeEmbeddingLoss reads x as a distance and wants it small for y = 1.",
    angle: "y = 1 wants the vectors to point the same way, y = −1 wants them apart.",
    distance: "x is how far the positive is from the anchor; each target is the distance of a negative.",
  },
  names: { quantile: "quantile (not in torch.nn)" },
  add: "Add a loss", remove: "Remove", name: "Loss", loss: "mean loss", gradient: "gradient",
  lowest: "lowest at", at: (x, what) => `${x} (${what})`, table: "Numbers at x", target: (i) => `Target ${i}; arrow keys move it`,
  best: {
    mean: "mean", median: "median", quantile: "quantile", meanSquare: "mean square",
    logMean: "log of the mean", frequency: "frequency", logOdds: "log-odds",
    weightedLogOdds: "log-odds with the yes weighted",
  },
  flat: "everywhere", from: (v) => `${v} and above`, upTo: (v) => `${v} and below`,
  between: (a, b) => `anywhere from ${a} to ${b}`,
  falls: (side) => `nowhere: it falls on towards ${side > 0 ? "∞" : "−∞"}`,
  numbers: (x, n) => `At x = ${x}, ${n === 1 ? "one sample" : `${n} samples`}`,
  plot: (what, names) => `The ${what} as a function of x: ${names}`,
  asTorch: "As PyTorch", asTorchNote: "A complete program; what it prints are the numbers of the table above.",
  code: "PyTorch program", copy: "Copy", copied: "Copied",
  arm: (name, value, slope, lowest) => `${name}: ${value}, gradient ${slope}, lowest at ${lowest}`,
  summary: (x, y, list) => `x = ${x}, targets ${y}. ${list.join("; ")}.`,
};

/** Scenes: what they are called, and what to look for. */
export const scenes = {
  outlier: ["Pull the outlier", "Drag the target at 10 to the right. MSE’s lowest point follows it; L1’s and Huber’s stay, because there a far sample pulls no harder than a near one."],
  huber: ["Huber’s delta", "One loss, four deltas. The smaller delta is, the closer the lowest point comes to the median; the larger, the closer to the mean."],
  quantile: ["Quantiles", "q = 0.9 charges nine times as much for staying below as for going above, so the lowest point moves up until a tenth of the targets is above."],
  frequency: ["BCE, squared error, L1 on a probability", "Three of four say yes. BCE and the squared error ask for the frequency; L1 asks for the majority, however slim it is."],
  weight: ["pos_weight", "One yes in nine. With pos_weight=8 the lowest point is at logit 0, as if yes and no were equally many."],
  smoothing: ["Label smoothing", "One sample of class 0. Without smoothing the loss falls for ever; with it there is a lowest point, so the logit stops growing."],
  shift: ["One gradient, two losses", "Smoothed cross-entropy and the KL divergence from the same smoothed target: two curves, one gradient. They differ by the target’s entropy."],
  margin: ["Who still pulls?", "Above a margin of 1 the margin losses are flat and have no gradient; cross-entropy never quite lets go."],
  blanks: ["Why CTC loves blanks", "One label, frames that are all alike. The more frames there are, the more ways there are to place the label among blanks, so the lowest point moves towards the blank."],
  order: ["A pair that is labelled wrongly", "Three pairs say x > 0, one says the opposite. Beyond the margin only the wrong one pulls."],
  count: ["A rate or its logarithm", "One loss, two meanings of x: with log_input the lowest point is at the log of the mean, without it at the mean, where the squared error has its own."],
  variance: ["A variance", "The lowest point is the mean square. To its left the curve is steep: too sure costs more than too unsure."],
  angle: ["Angles", "One pair alike, one apart. At 0 the slope vanishes, so vectors that point the same way, or exactly opposite, feel nothing."],
  triplet: ["Triplets", "Only negatives that are closer than x + margin pull. Move x and count them: the slope is their share."],
};
