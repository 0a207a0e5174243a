// torch.optim.lr_scheduler in JavaScript: what torch 2.13 sets, in its order of operations.

/** An exception of Python's. */
export class Raised extends Error {
  constructor(kind, text) {
    super(text);
    this.kind = kind;
  }
}

const refuse = (when, text) => {
  if (when) throw new Raised("ValueError", text);
};

function divide(a, b) {
  if (b === 0) throw new Raised("ZeroDivisionError", "float division by zero");
  return a / b;
}

/** Python's **: JavaScript's, but where C reports an overflow. */
function power(base, exponent) {
  const value = base ** exponent;
  if (!Number.isFinite(value) && Number.isFinite(base))
    throw base === 0
      ? new Raised("ZeroDivisionError", "0.0 cannot be raised to a negative power")
      : new Raised("OverflowError", "(34, 'Numerical result out of range')");
  return value;
}

/** A float as Python writes it. */
export const float = (x) =>
  Number.isInteger(x) && Math.abs(x) < 1e15 ? x.toFixed(1) : String(x).replace("e+", "e");

const cosine = (t, period) => 1 + Math.cos((Math.PI * t) / period);

/** How many of the milestones are at or before t. */
const passed = (milestones, t) => milestones.filter((each) => each <= t).length;

/** What CyclicLR and OneCycleLR set while they are made. */
function swing(group, { cycle_momentum, max_momentum, base_momentum }) {
  if (cycle_momentum)
    Object.assign(group, { momentum: max_momentum, max_momentum, base_momentum });
}

// Functions for lr_lambda, with a number T: in JavaScript and in Python.
export const LAMBDAS = {
  LambdaLR: {
    rest: [
      (t, T) => 0.5 * cosine(Math.min(t, T), T),
      (T) => `0.5 * (1 + math.cos(math.pi * min(t, ${T}) / ${T}))`,
    ],
    hyperbola: [(t, T) => 1 / (1 + t / T), (T) => `1 / (1 + t / ${T})`],
    noam: [
      (t, T) => Math.min((t + 1) / T, Math.sqrt(T / (t + 1))),
      (T) => `min((t + 1) / ${T}, math.sqrt(${T} / (t + 1)))`,
    ],
  },
  MultiplicativeLR: {
    slower: [(t, T) => 1 - 1 / (t + T), (T) => `1 - 1 / (t + ${T})`],
    now: [(t, T) => (t % T === 0 ? 0.5 : 1), (T) => `0.5 if t % ${T} == 0 else 1.0`],
    ratio: [(t) => t / (t + 1), () => "t / (t + 1)"],
  },
};

const lambda = (rule, { lr_lambda, T }) => {
  const [f] = LAMBDAS[rule][lr_lambda];
  return (t) => f(t, T);
};

// options: torch's defaults, or a value where it has none (needs); check, prepare: while it
// is made; next: lr at step t; closed: torch's closed form, asked for by SequentialLR;
// ends: where the rule is at its end. `group` is the optimizer's group of parameters.
export const RULES = {
  LambdaLR: {
    options: { lr_lambda: "rest", T: 100 },
    needs: ["lr_lambda", "T"],
    next: ({ t, base }, _, o) => base * lambda("LambdaLR", o)(t),
    ends: (o) => (o.lr_lambda === "rest" || o.lr_lambda === "noam" ? [o.T] : []),
  },
  MultiplicativeLR: {
    options: { lr_lambda: "slower", T: 10 },
    needs: ["lr_lambda", "T"],
    next: ({ t, initial }, { lr }, o) => (initial ? lr : lr * lambda("MultiplicativeLR", o)(t)),
  },
  StepLR: {
    options: { step_size: 30, gamma: 0.1 },
    needs: ["step_size"],
    next: ({ t }, { lr }, o) => (t === 0 || t % o.step_size !== 0 ? lr : lr * o.gamma),
    closed: (t, base, o) => base * power(o.gamma, Math.floor(t / o.step_size)),
  },
  MultiStepLR: {
    options: { milestones: [30, 80], gamma: 0.1 },
    needs: ["milestones"],
    next: ({ t }, { lr }, o) => {
      const times = o.milestones.filter((each) => each === t).length;
      return times ? lr * power(o.gamma, times) : lr;
    },
    closed: (t, base, o) => base * power(o.gamma, passed(o.milestones, t)),
    ends: (o) => (o.milestones.length ? [Math.max(...o.milestones)] : []),
  },
  ConstantLR: {
    options: { factor: 1 / 3, total_iters: 5 },
    check: (o) =>
      refuse(o.factor > 1 || o.factor < 0, "Constant multiplicative factor expected to be between 0 and 1."),
    next: ({ t }, { lr }, o) =>
      t === 0 ? lr * o.factor : t === o.total_iters ? lr * divide(1, o.factor) : lr,
    closed: (t, base, o) => base * (o.factor + (t >= o.total_iters) * (1 - o.factor)),
    ends: (o) => [o.total_iters],
  },
  LinearLR: {
    options: { start_factor: 1 / 3, end_factor: 1, total_iters: 5 },
    check: ({ start_factor: start, end_factor: end }) => {
      refuse(
        start > 1 || start <= 0,
        "Starting multiplicative factor expected to be greater than 0 and less or equal to 1.",
      );
      refuse(end > 1 || end < 0, "Ending multiplicative factor expected to be between 0 and 1.");
    },
    next: ({ t, initial }, { lr }, { start_factor: start, end_factor: end, total_iters: n }) => {
      if (t === 0) return lr * start;
      if (initial || t > n) return lr;
      return lr * (1 + divide(end - start, n * start + (t - 1) * (end - start)));
    },
    closed: (t, base, { start_factor: start, end_factor: end, total_iters: n }) =>
      base * (start + divide((end - start) * Math.min(n, t), n)),
    ends: (o) => [o.total_iters],
  },
  ExponentialLR: {
    options: { gamma: 0.98 },
    needs: ["gamma"],
    next: ({ initial }, { lr }, o) => (initial ? lr : lr * o.gamma),
    closed: (t, base, o) => base * power(o.gamma, t),
  },
  PolynomialLR: {
    options: { total_iters: 5, power: 1 },
    next: ({ t, initial }, { lr }, o) => {
      if (initial || t > o.total_iters) return lr;
      const ratio = divide(1 - t / o.total_iters, 1 - (t - 1) / o.total_iters);
      return lr * power(ratio, o.power);
    },
    closed: (t, base, o) =>
      base * power(1 - Math.min(o.total_iters, t) / o.total_iters, o.power),
    ends: (o) => [o.total_iters],
  },
  CosineAnnealingLR: {
    options: { T_max: 100, eta_min: 0 },
    needs: ["T_max"],
    next: ({ t, base, initial }, { lr }, { T_max: T, eta_min: low }) => {
      if (initial) return lr;
      if ((t - 1 - T) % (2 * T) === 0)
        return lr + ((base - low) * (1 - Math.cos(Math.PI / T))) / 2;
      return divide(cosine(t, T), cosine(t - 1, T)) * (lr - low) + low;
    },
    closed: (t, base, o) => o.eta_min + ((base - o.eta_min) * cosine(t, o.T_max)) / 2,
    ends: (o) => [o.T_max],
  },
  CosineAnnealingWarmRestarts: {
    options: { T_0: 50, T_mult: 1, eta_min: 0 },
    needs: ["T_0"],
    prepare: (_, o, self) => Object.assign(self, { now: -1, length: o.T_0 }),
    count: (self, o) => {
      if (self.t < 0) Object.assign(self, { t: 0, now: 0, length: o.T_0 });
      else {
        self.t++;
        if (++self.now >= self.length) {
          self.now %= self.length;
          self.length *= o.T_mult;
        }
      }
    },
    next: ({ base, now, length }, _, o) =>
      o.eta_min + ((base - o.eta_min) * cosine(now, length)) / 2,
    ends: (o) => [o.T_0 - 1],
  },
  CyclicLR: {
    options: {
      base_lr: 0.01, max_lr: 0.1, step_size_up: 2000, step_size_down: null,
      mode: "triangular", gamma: 1, cycle_momentum: true, base_momentum: 0.8,
      max_momentum: 0.9,
    },
    needs: ["base_lr", "max_lr"],
    prepare: (group, o) => {
      group.lr = o.base_lr;
      swing(group, o);
    },
    own: (o) => o.base_lr,
    next: ({ t, base }, group, o) => {
      const period = o.step_size_up + (o.step_size_down ?? o.step_size_up);
      const peak = o.step_size_up / period;
      const cycle = Math.floor(1 + t / period);
      const x = 1 + t / period - cycle;
      const height = x <= peak ? x / peak : (x - 1) / (peak - 1);
      const scale = {
        triangular: () => 1, triangular2: () => 1 / power(2, cycle - 1), exp_range: () => power(o.gamma, t),
      }[o.mode]();
      const lr = base + (o.max_lr - base) * height * scale;
      if (o.cycle_momentum)
        group.momentum = o.max_momentum - (o.max_momentum - o.base_momentum) * height * scale;
      return lr;
    },
  },
  OneCycleLR: {
    options: {
      max_lr: 0.1, total_steps: 100, pct_start: 0.3, anneal_strategy: "cos",
      cycle_momentum: true, base_momentum: 0.85, max_momentum: 0.95, div_factor: 25,
      final_div_factor: 1e4, three_phase: false,
    },
    needs: ["max_lr", "total_steps"],
    check: ({ pct_start: pct }) =>
      refuse(pct < 0 || pct > 1, `Expected float between 0 and 1 pct_start, but got ${float(pct)}`),
    prepare: (group, o) => {
      group.initial_lr = divide(o.max_lr, o.div_factor);
      group.max_lr = o.max_lr;
      group.min_lr = divide(group.initial_lr, o.final_div_factor);
      swing(group, o);
    },
    next: ({ t }, group, o) => {
      refuse(
        t > o.total_steps,
        `Tried to step ${t} times. The specified number of total steps is ${o.total_steps}`,
      );
      const last = o.total_steps - 1;
      const { initial_lr, max_lr, min_lr, max_momentum: fast, base_momentum: slow } = group;
      const phases = [[o.pct_start * o.total_steps - 1, initial_lr, max_lr, fast, slow]];
      if (o.three_phase)
        phases.push(
          [2 * o.pct_start * o.total_steps - 2, max_lr, initial_lr, slow, fast],
          [last, initial_lr, min_lr, fast, fast],
        );
      else phases.push([last, max_lr, min_lr, slow, fast]);
      let begin = 0;
      while (phases.length > 1 && t > phases[0][0]) [begin] = phases.shift();
      const [end, ...values] = phases[0];
      const way = divide(t - begin, end - begin);
      const anneal = (a, b) =>
        o.anneal_strategy === "cos"
          ? b + ((a - b) / 2) * (Math.cos(Math.PI * way) + 1)
          : (b - a) * way + a;
      if (o.cycle_momentum) group.momentum = anneal(values[2], values[3]);
      return anneal(values[0], values[1]);
    },
    ends: (o) => [o.total_steps - 1],
  },
  ReduceLROnPlateau: {
    options: {
      mode: "min", factor: 0.1, patience: 10, threshold: 1e-4, threshold_mode: "rel",
      cooldown: 0, min_lr: 0, eps: 1e-8,
    },
    check: (o) => refuse(o.factor >= 1, "Factor should be < 1.0."),
    make: plateau,
  },
  SequentialLR: { options: { milestones: [20] }, needs: ["milestones"], make: sequence, whole: true },
  ChainedScheduler: { options: {}, make: chain, whole: true },
};

/** Options that are counts: torch wants them whole. */
export const WHOLE =
  /^(step_size|step_size_up|step_size_down|milestones|total_iters|T_max|T_0|T_mult|total_steps|patience|cooldown|T)$/;

export const optionsOf = ({ rule, options }) => ({ ...RULES[rule].options, ...options });

/** Make a scheduler for a group: { step(metric), … }. */
export function make(group, curve) {
  const rule = RULES[curve.rule];
  const o = optionsOf(curve);
  rule.check?.(o);
  if (rule.make) return rule.make(group, o, curve);
  const self = { t: -1, initial: false };
  const update = (closed) => {
    group.lr = closed ? rule.closed(self.t, self.base, o) : rule.next(self, group, o);
  };
  const step = () => {
    if (rule.count) rule.count(self, o);
    else self.t++;
    update(false);
  };
  const made = {
    step,
    begin() {
      self.initial = true;
      step();
      self.initial = false;
    },
    undo: () => self.t--,
    takeOver() {
      self.t = 0;
      update(Boolean(rule.closed));
    },
  };
  rule.prepare?.(group, o, self);
  group.initial_lr ??= group.lr;
  self.base = group.initial_lr;
  made.begin();
  self.base = rule.own?.(o) ?? self.base;
  return made;
}

function chain(group, _, { parts }) {
  const made = parts.map((part) => make(group, part));
  return { step: () => made.forEach((each) => each.step()) };
}

function sequence(group, { milestones }, { parts }) {
  const made = parts.map((part) => make(group, part));
  refuse(
    milestones.length !== parts.length - 1,
    "Sequential Schedulers expects number of schedulers provided to be one more than the number " +
      `of milestone points, but got number of schedulers ${parts.length} and the number of ` +
      `milestones to be equal to ${milestones.length}`,
  );
  let t = 0;
  group.lr = group.initial_lr;
  made.forEach((each) => each.undo());
  made[passed(milestones, 0)].begin();
  return {
    step() {
      const index = passed(milestones, ++t);
      if (index && milestones[index - 1] === t) made[index].takeOver();
      else made[index].step();
    },
  };
}

function plateau(group, o) {
  const sign = o.mode === "min" ? -1 : 1;
  let [best, bad, resting] = [sign * -Infinity, 0, 0];
  const better = (metric) => {
    const bar =
      o.threshold_mode === "rel" ? best * (1 + sign * o.threshold) : best + sign * o.threshold;
    return sign < 0 ? metric < bar : metric > bar;
  };
  return {
    step(metric) {
      if (better(metric)) [best, bad] = [metric, 0];
      else bad++;
      if (resting > 0) [resting, bad] = [resting - 1, 0];
      if (bad <= o.patience) return;
      const lower = Math.max(group.lr * o.factor, o.min_lr);
      if (group.lr - lower > o.eps) group.lr = lower;
      [resting, bad] = [o.cooldown, 0];
    },
  };
}

/** Whether a curve moves momentum. */
export const moves = (curve) =>
  curve.parts?.some(moves) ?? Boolean(optionsOf(curve).cycle_momentum);

/** Steps at which a rule is at its end, or hands over. */
export const ends = (curve) =>
  curve.rule === "SequentialLR"
    ? optionsOf(curve).milestones
    : (RULES[curve.rule].ends?.(optionsOf(curve)) ?? []);

/** The optimizer's momentum where no scheduler moves it. */
export const MOMENTUM = 0.9;

/** lr, momentum and the sum of the rates so far at t = 0 … steps, or until torch raises. */
export function follow({ lr, steps, metrics }, curve) {
  const group = { lr, momentum: MOMENTUM };
  const path = { rates: [], momenta: [], sums: [], error: null };
  let sum = 0;
  try {
    const scheduler = make(group, curve);
    for (let t = 0; t <= steps; t++) {
      if (t) scheduler.step(metrics[t - 1]);
      path.rates.push(group.lr);
      path.momenta.push(group.momentum);
      path.sums.push(sum);
      sum += group.lr;
    }
  } catch (error) {
    if (!(error instanceof Raised)) throw error;
    path.error = { t: path.rates.length, text: `${error.kind}: ${error.message}` };
  }
  return path;
}

/** The metric at each step: straight between knots, with noise of a given size. */
export function metricsOf({ knots, noise, steps }) {
  const pieces = knots.length - 1;
  let seed = 1;
  return Array.from({ length: steps }, (_, t) => {
    const i = Math.min(Math.floor((pieces * t) / steps), pieces - 1);
    const value = knots[i] + (knots[i + 1] - knots[i]) * ((pieces * t) / steps - i);
    seed = (seed * 48271) % 2147483647;
    return noise ? value + noise * ((2 * seed) / 2147483647 - 1) : value;
  });
}
