import { fma } from "../arithmetic.js";

const largest = (a) => a.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** The inner product of 2 or 4 numbers, summed as torch's BLAS does. */
function dot(a, b) {
  if (a.length === 2) return a[0] * b[0] + a[1] * b[1];
  return a[0] * b[0] + a[2] * b[2] + (a[1] * b[1] + a[3] * b[3]);
}

/** Where the cubic through two values and slopes is lowest, within bounds.

Whether a step t is a tensor or a float in torch decides how it divides: by a tensor
means to multiply by its reciprocal. */
function cubic(p, q, bounds = p.t <= q.t ? [p, q] : [q, p]) {
  const [low, high] = bounds;
  const span = p.t - q.t;
  const rise = 3 * (p.f - q.f);
  const d1 = p.gtd + q.gtd - (p.tensor || q.tensor ? (1 / span) * rise : rise / span);
  const square = d1 * d1 - p.gtd * q.gtd;
  if (!(square >= 0)) return { t: (low.t + high.t) / 2, tensor: low.tensor || high.tensor };
  const d2 = Math.sqrt(square);
  const t =
    p.t <= q.t
      ? q.t - (q.t - p.t) * ((q.gtd + d2 - d1) / (q.gtd - p.gtd + 2 * d2))
      : p.t - (p.t - q.t) * ((p.gtd + d2 - d1) / (p.gtd - q.gtd + 2 * d2));
  const above = low.t > t ? low : { t, tensor: true };
  return high.t < above.t ? high : above;
}

/** torch's line search: a step that meets the strong Wolfe conditions. */
function strongWolfe(evaluate, first, d, f, g, gtd, most) {
  const [c1, c2] = [1e-4, 0.9];
  const at = ({ t, tensor }) => {
    const [loss, grad] = evaluate(t, d);
    return { t, tensor, f: loss, g: grad, gtd: dot(grad, d) };
  };
  const start = { t: 0, tensor: false, f, g, gtd };
  let last = start;
  let now = at(first);
  let evals = 1;
  let tries = 0;
  let bracket;
  let done = false;
  while (tries < most) {
    if (now.f > f + c1 * now.t * gtd || (tries > 1 && now.f >= last.f)) {
      bracket = [last, now];
      break;
    }
    if (Math.abs(now.gtd) <= -c2 * gtd) {
      bracket = [now];
      done = true;
      break;
    }
    if (now.gtd >= 0) {
      bracket = [last, now];
      break;
    }
    const next = cubic(last, now, [
      { t: now.t + 0.01 * (now.t - last.t), tensor: now.tensor || last.tensor },
      { t: now.t * 10, tensor: now.tensor },
    ]);
    last = now;
    now = at(next);
    evals += 1;
    tries += 1;
  }
  if (tries === most) bracket = [start, now];
  let stalled = false;
  let [low, high] = bracket[0].f <= bracket.at(-1).f ? [0, 1] : [1, 0];
  while (!done && tries < most) {
    const [p, q] = bracket;
    if (Math.abs(q.t - p.t) * largest(d) < 1e-9) break;
    let next = cubic(p, q);
    const [least, greatest] = [Math.min(p.t, q.t), Math.max(p.t, q.t)];
    const margin = 0.1 * (greatest - least);
    if (Math.min(greatest - next.t, next.t - least) < margin) {
      if (stalled || next.t >= greatest || next.t <= least) {
        const nearTop = Math.abs(next.t - greatest) < Math.abs(next.t - least);
        const t = nearTop ? greatest - margin : least + margin;
        next = { t, tensor: p.tensor || q.tensor };
        stalled = false;
      } else {
        stalled = true;
      }
    } else {
      stalled = false;
    }
    now = at(next);
    evals += 1;
    tries += 1;
    if (now.f > f + c1 * now.t * gtd || now.f >= bracket[low].f) {
      bracket[high] = now;
      [low, high] = bracket[0].f <= bracket[1].f ? [0, 1] : [1, 0];
    } else {
      if (Math.abs(now.gtd) <= -c2 * gtd) done = true;
      else if (now.gtd * (bracket[high].t - bracket[low].t) >= 0) bracket[high] = bracket[low];
      bracket[low] = now;
    }
  }
  return { ...bracket[low], evals };
}

/** One step of torch.optim.LBFGS: up to max_iter iterations; the closure may run often. */
export function lbfgs(param, closure, state, options) {
  const { lr, max_iter, history_size, line_search_fn } = options;
  const { tolerance_grad, tolerance_change } = options;
  const max_eval = options.max_eval ?? Math.floor((max_iter * 5) / 4);
  state.func_evals = (state.func_evals ?? 0) + 1;
  state.n_iter ??= 0;
  const move = (t, d) => d.forEach((x, i) => (param[i] = fma(t, x, param[i])));
  let [loss, grad] = closure();
  let evals = 1;
  if (largest(grad) <= tolerance_grad) return;
  for (let n = 1; n <= max_iter; n++) {
    state.n_iter += 1;
    if (state.n_iter === 1) {
      Object.assign(state, { d: grad.map((x) => -x), old_dirs: [], old_stps: [], ro: [] });
      state.H_diag = 1;
    } else {
      const y = grad.map((x, i) => x - state.prev_flat_grad[i]);
      const s = state.d.map((x) => x * state.t);
      const ys = dot(y, s);
      if (ys > 1e-10) {
        if (state.old_dirs.length === history_size)
          for (const list of [state.old_dirs, state.old_stps, state.ro]) list.shift();
        state.old_dirs.push(y);
        state.old_stps.push(s);
        state.ro.push(1 / ys);
        state.H_diag = ys / dot(y, y);
      }
      const count = state.old_dirs.length;
      const al = [];
      const q = grad.map((x) => -x);
      for (let k = count - 1; k >= 0; k--) {
        al[k] = dot(state.old_stps[k], q) * state.ro[k];
        q.forEach((x, i) => (q[i] = fma(-al[k], state.old_dirs[k][i], x)));
      }
      const r = q.map((x) => x * state.H_diag);
      for (let k = 0; k < count; k++) {
        const back = al[k] - dot(state.old_dirs[k], r) * state.ro[k];
        r.forEach((x, i) => (r[i] = fma(back, state.old_stps[k][i], x)));
      }
      state.d = r;
    }
    state.prev_flat_grad = grad;
    const before = loss;
    const length = grad.reduce((total, x) => total + Math.abs(x), 0);
    const first = state.n_iter === 1;
    state.t = first ? Math.min(1, 1 / length) * lr : lr;
    const trial = { t: state.t, tensor: first && length > 1 };
    const gtd = dot(grad, state.d);
    if (gtd > -tolerance_change) break;
    let more = 0;
    let flat = false;
    if (line_search_fn === "strong_wolfe") {
      const origin = param.slice();
      const evaluate = (t, d) => {
        move(t, d);
        const seen = closure();
        param.set(origin);
        return seen;
      };
      const found = strongWolfe(
        evaluate, trial, state.d, loss, grad, gtd, max_eval - evals,
      );
      ({ f: loss, g: grad, t: state.t, evals: more } = found);
      move(state.t, state.d);
      flat = largest(grad) <= tolerance_grad;
    } else {
      move(state.t, state.d);
      if (n !== max_iter) {
        [loss, grad] = closure();
        more = 1;
        flat = largest(grad) <= tolerance_grad;
      }
    }
    evals += more;
    state.func_evals += more;
    if (n === max_iter || evals >= max_eval || flat) break;
    if (largest(state.d.map((x) => x * state.t)) <= tolerance_change) break;
    if (Math.abs(loss - before) < tolerance_change) break;
  }
}
