// The scenes of the loss explorer; their names and notes are in words/losses-*.js.

export const SCENES = {
  outlier: {
    axis: "number", y: [1, 2, 3, 4, 10], x: 6, scaled: 1, arms: "MSELoss;L1Loss;HuberLoss",
  },
  huber: {
    axis: "number", y: [1, 2, 3, 4, 10], x: 4,
    arms: "HuberLoss,delta=0.1;HuberLoss,delta=1;HuberLoss,delta=3;HuberLoss,delta=8",
  },
  quantile: {
    axis: "number", y: [1, 2, 3, 4, 5, 6, 7, 8, 9], x: 5,
    arms: "quantile,q=0.1;quantile,q=0.5;quantile,q=0.9",
  },
  frequency: { axis: "probability", y: [1, 1, 1, 0], x: 0.5, arms: "BCELoss;MSELoss;L1Loss" },
  weight: {
    axis: "logit", y: [1, 0, 0, 0, 0, 0, 0, 0, 0], x: 0,
    arms: "BCEWithLogitsLoss;BCEWithLogitsLoss,pos_weight=8",
  },
  smoothing: {
    axis: "classes", y: [0], x: 4, fixed: { z1: 0, z2: 0 },
    arms: "CrossEntropyLoss;CrossEntropyLoss,label_smoothing=0.1;CrossEntropyLoss,label_smoothing=0.3",
  },
  shift: {
    axis: "classes", y: [0, 0, 1], x: 2, fixed: { z1: 0, z2: 0 },
    arms: "CrossEntropyLoss,label_smoothing=0.3;KLDivLoss,smoothing=0.3",
  },
  margin: {
    axis: "classes", y: [0], x: 0, fixed: { z1: 0, z2: 0 },
    arms: "CrossEntropyLoss;MultiMarginLoss;MultiMarginLoss,p=2",
  },
  blanks: {
    axis: "classes", y: [1], x: 0, fixed: { z1: 0, z2: 0 },
    arms: "CTCLoss,frames=2;CTCLoss;CTCLoss,frames=12",
  },
  order: {
    axis: "sign", y: [1, 1, 1, -1], x: 0.5, arms: "MarginRankingLoss,margin=1;SoftMarginLoss",
  },
  count: {
    axis: "count", y: [0, 1, 1, 2, 6], x: 1,
    arms: "PoissonNLLLoss;PoissonNLLLoss,log_input=false;MSELoss",
  },
  variance: {
    axis: "variance", y: [-2, -1, 0, 1, 2], x: 1, fixed: { mu: 0 }, arms: "GaussianNLLLoss",
  },
  angle: {
    axis: "angle", y: [1, -1], x: 1,
    arms: "CosineEmbeddingLoss;CosineEmbeddingLoss,margin=0.5",
  },
  triplet: {
    axis: "distance", y: [1.5, 2, 3, 5], x: 2,
    arms: "TripletMarginLoss;TripletMarginLoss,margin=0.2",
  },
};
