// A run of one optimizer on one surface. Nothing here knows of a page.
import { RULES } from "./rules/index.js";
import { SCHEDULES } from "./schedules.js";
import { SURFACES } from "./surfaces.js";

/** Numbers of about the normal law, the same in JavaScript and in Python. */
export function* noise(seed) {
  let s = seed;
  for (;;) {
    let total = 0;
    for (let k = 0; k < 12; k++) {
      s = (s * 48271) % 2147483647; // Park and Miller's generator
      total += s / 2147483647;
    }
    yield total - 6;
  }
}

/** Return the surface of a scene, made for its κ. */
export function surfaceOf(scene) {
  const surface = SURFACES[scene.surface];
  return { ...surface, ...surface.make(scene.kappa ?? surface.kappa) };
}

/** Walk: the points, losses, step lengths and states of steps 0, …, scene.steps. */
export function walk(scene, arm) {
  const { step, closure, state: shown } = RULES[arm.rule];
  const options = { ...RULES[arm.rule].options, ...arm.options };
  const { loss, grad, stepLoss = loss, box } = surfaceOf(scene);
  const theta = Float64Array.from(scene.start);
  const state = {};
  const random = noise(scene.seed);
  const rate = SCHEDULES[scene.schedule ?? "none"](options.lr, scene.steps);
  const points = [theta.slice()];
  const states = [{}];
  const counts = [0];
  let evaluations = 0;
  for (let t = 0; t < scene.steps; t++) {
    const shift = scene.sigma
      ? theta.map(() => scene.sigma * random.next().value)
      : undefined;
    const evaluate = () => {
      evaluations += 1;
      const seen = Float64Array.from(grad(theta, t));
      return [stepLoss(theta, t), shift ? seen.map((g, i) => g + shift[i]) : seen];
    };
    const now = { ...options, lr: rate(t) };
    if (closure) step(theta, evaluate, state, now);
    else step(theta, evaluate()[1], state, now);
    if (box) theta.forEach((x, i) => (theta[i] = Math.min(Math.max(x, -box), box)));
    points.push(theta.slice());
    const kept = {};
    for (const name of shown) if (state[name]) kept[name] = state[name].slice();
    states.push(kept);
    counts.push(evaluations);
  }
  const lengths = points.map((point, t) =>
    t === 0 ? NaN : Math.hypot(...point.map((x, i) => x - points[t - 1][i])),
  );
  return { points, losses: points.map((point) => loss(point)), lengths, states, counts };
}
