// Scenes of the schedule explorer, each as its address has it. What to look for is in words/.

/** Metrics that the reader may begin with: knots of a line. */
export const SHAPES = {
  stalls: "2.3:1.5:1.1:0.9:0.9:0.9:0.9:0.9:0.9",
  slow: "2.3:1.7:1.3:1.1:1:0.93:0.88:0.84:0.8",
  steps: "2.3:1.4:1.4:1.4:0.9:0.9:0.9:0.6:0.6",
  negative: "-0.2:-0.6:-0.9:-1:-1:-1:-1:-1:-1",
  accuracy: "0.1:0.5:0.7:0.8:0.85:0.88:0.88:0.88:0.88",
};

const scene = (steps, t, curves, more = "") => `steps=${steps}&t=${t}&${more}curves=${curves.join(";")}`;
const warmUp = "*LinearLR,start_factor=0.01,total_iters=20";
const handOver = (at) => `SequentialLR,milestones=${at}${warmUp}*CosineAnnealingLR,T_max=${150 - at}`;
const hyperbola = "*LambdaLR,lr_lambda=hyperbola,T=50";

export const SCENES = {
  after: scene(300, 200, ["CosineAnnealingLR", "LambdaLR", "PolynomialLR,total_iters=100"]),
  warmup: scene(150, 20, [20, 10, 40].map(handOver)),
  onecycle: scene(110, 100, ["OneCycleLR", "OneCycleLR,anneal_strategy=linear"]),
  decay: scene(
    150,
    100,
    [
      "StepLR", "MultiStepLR,milestones=60:110", "ExponentialLR,gamma=0.955",
      "CosineAnnealingLR,T_max=150", "PolynomialLR,total_iters=150,power=2",
    ],
    "axis=log&",
  ),
  wiped: scene(150, 10, [
    `ChainedScheduler${warmUp}${hyperbola}`, `ChainedScheduler${hyperbola}${warmUp}`,
    `ChainedScheduler${warmUp}*MultiplicativeLR,T=50`,
  ]),
  waves: scene(300, 150, [
    "CosineAnnealingWarmRestarts,T_0=40,T_mult=2", "CyclicLR,step_size_up=30,mode=triangular2",
    "CosineAnnealingLR,T_max=40",
  ]),
  plateau: scene(
    200,
    120,
    [5, 20].map((patience) => `ReduceLROnPlateau,factor=0.5,patience=${patience}`),
    `metric=${SHAPES.slow}&noise=0.1&`,
  ),
  negative: scene(
    200,
    200,
    ["rel", "abs"].map((mode) => `ReduceLROnPlateau,factor=0.5,threshold_mode=${mode}`),
    `metric=${SHAPES.negative}&`,
  ),
  zero: scene(60, 30, [
    "LinearLR,start_factor=0", "LinearLR,start_factor=0.1,total_iters=0",
    "ConstantLR,factor=0.25,total_iters=0", "ConstantLR,factor=0,total_iters=20",
  ]),
};
