// The schedule explorer: the schedulers of torch.optim.lr_scheduler, drawn past their end.
import { pointer } from "../vendor/d3.js";
import {
  COLORS, DASHES, button, chart, choice, el, fillTable, grip, keepAddress, labelled, language,
  numbersOf, option, plain, programFold, reveal, scientific, sheet, short, slider, stepper, swatch, tell,
} from "./frame.js";
import { SCENES, SHAPES } from "./scheduler_scenes.js";
import { LAMBDAS, RULES, WHOLE, ends, follow, metricsOf, moves, optionsOf } from "./schedulers.js";

const MOST = { curves: COLORS.length, parts: 4, steps: 2000 };
const STEPS = [20, 60, 100, 150, 200, 300, 500, 1000, MOST.steps];
// What a curve begins with where torch's defaults would show little.
const BEGIN = {
  ConstantLR: "total_iters=30",
  LinearLR: "start_factor=0.05,total_iters=30",
  PolynomialLR: "total_iters=100",
  CyclicLR: "step_size_up=20",
  ReduceLROnPlateau: "factor=0.5",
  SequentialLR: "milestones=30*LinearLR,start_factor=0.05,total_iters=30*CosineAnnealingLR",
  ChainedScheduler: "*LinearLR,start_factor=0.05,total_iters=30*ExponentialLR",
};
// Options that have no slider, and those that are folded away until they are set.
const TYPED = /eta_min|milestones/;
const FOLDED =
  /^(cycle_momentum|base_momentum|max_momentum|.*div_factor|cooldown|min_lr|eps|threshold|step_size_down|anneal_strategy|three_phase)$/;

const begin = (rule) => readCurve(`${rule},${BEGIN[rule] ?? ""}`);

function choicesOf(rule, name) {
  if (name === "lr_lambda") return Object.keys(LAMBDAS[rule]);
  if (name === "mode" && rule === "CyclicLR") return ["triangular", "triangular2", "exp_range"];
  return { mode: ["min", "max"], anneal_strategy: ["cos", "linear"], threshold_mode: ["rel", "abs"] }[name];
}

/** The nearest value an option may have here; what torch refuses, it refuses. */
function fit(rule, name, value) {
  if (WHOLE.test(name)) {
    const zero = /patience|cooldown/.test(name) || (name === "total_iters" && rule !== "PolynomialLR");
    return Math.min(Math.max(Math.round(value), zero ? 0 : 1), 1e5);
  }
  if (/div/.test(name)) return Math.max(value, 1e-3);
  return /^(.*factor|pct_start)$/.test(name) ? value : Math.max(value, 0);
}

/** An option's value from an address or a field, or undefined. */
function read(rule, name, text) {
  const initial = RULES[rule].options[name];
  const choices = choicesOf(rule, name);
  if (choices) return choices.includes(text) ? text : undefined;
  if (typeof initial === "boolean") return text === "true";
  if (Array.isArray(initial))
    return text.split(/\D+/).filter(Boolean).map((each) => fit(rule, name, Number(each))).sort((a, b) => a - b);
  if (/^(none|null)$/i.test(text) && initial === null) return null;
  return text !== "" && Number.isFinite(Number(text)) ? fit(rule, name, Number(text)) : undefined;
}

const write = (value) => (Array.isArray(value) ? value.join(":") : String(value));

function readCurve(text, inner = false) {
  const [own, ...others] = text.split("*");
  const [rule, ...pairs] = own.split(",");
  if (!Object.hasOwn(RULES, rule) || (inner && RULES[rule].make)) return null;
  const options = {};
  for (const pair of pairs) {
    const [name, value = ""] = pair.split("=");
    const known = Object.hasOwn(RULES[rule].options, name) ? read(rule, name, value) : undefined;
    if (known !== undefined) options[name] = known;
  }
  if (!RULES[rule].whole) return { rule, options };
  const parts = others.slice(0, MOST.parts).map((each) => readCurve(each, true)).filter(Boolean);
  return parts.length ? { rule, options, parts } : begin(rule);
}

function writeCurve({ rule, options, parts = [] }) {
  const pairs = Object.entries(options).map(([name, value]) => `,${name}=${write(value)}`);
  return [rule + pairs.join(""), ...parts.map(writeCurve)].join("*");
}

/** What the address says; what it does not say, as it begins. */
export function readAddress(search) {
  const query = new URLSearchParams(search);
  const number = numbersOf(query);
  const list = (text) => text.split(":").map((each) => Number(each || NaN));
  const [knots, usual] = [query.get("metric") ?? "", SHAPES.stalls].map(list);
  const steps = Math.round(number("steps", 150, 1, MOST.steps));
  const curves = (query.get("curves") ?? "").split(";").slice(0, MOST.curves);
  return {
    scene: {
      lr: number("lr", 0.1, 0, 1e6),
      steps,
      log: query.get("axis") === "log",
      knots: knots.length === usual.length && knots.every(Number.isFinite) ? knots : usual,
      noise: number("noise", 0, 0, 1e6),
    },
    curves: curves.map((text) => readCurve(text)).filter(Boolean),
    t: Math.round(number("t", steps, 0, steps)),
  };
}

const watches = (curves) => curves.some(({ rule }) => rule === "ReduceLROnPlateau");

/** The address of a state: what readAddress reads back. */
export const writeAddress = ({ scene: { lr, steps, log, knots, noise }, curves, t }) => ({
  lr,
  steps,
  t,
  ...(log ? { axis: "log" } : {}),
  ...(watches(curves) ? { metric: knots.join(":"), noise } : {}),
  curves: curves.map(writeCurve).join(";"),
});

/** A curve's name, and what tells it from others of that name. */
export function title(curve, curves) {
  const name = ({ rule, parts }) =>
    parts
      ? `${rule.slice(0, -2).replace("Schedul", "")}: ${parts.map((part) => part.rule.slice(0, -2)).join(rule === "SequentialLR" ? " → " : " · ")}`
      : rule;
  const flat = (each) => [
    ...Object.entries(optionsOf(each)).map(([key, value]) => [key, write(value)]),
    ...(each.parts ?? []).flatMap(flat),
  ];
  return tell(name(curve), flat(curve), curves.filter((each) => name(each) === name(curve)).map(flat));
}

export async function schedules(root) {
  const { words, scenes } = await import(`./words/schedules.${language()}.js`);
  const ready = ["explore.css", "schedules.css"].map(sheet);
  let note = "";
  let { scene, curves, t } = readAddress(location.search);
  const useScene = (name) => {
    note = name;
    ({ scene, curves, t } = readAddress(SCENES[name]));
  };
  if (!curves.length) useScene(root.dataset.scene || "after");
  let paths = [];
  let metrics = [];
  let now = t; // the step shown: t, or the one under the pointer
  const save = keepAddress(() => writeAddress({ scene, curves, t }));
  const change = (name, least = 0) => (value) => {
    scene[name] = Math.max(value, least);
    run();
  };

  // ---- the charts
  const marks = el("g", { class: "schedule-marks" });
  let rates;
  const ratesBox = el("div", { class: "schedule-chart" });
  const momenta = chart({ label: "momentum", height: 150, xLabel: "t", yLabel: "momentum" });
  const metric = chart({ label: words.metric, height: 170, xLabel: "t", yLabel: words.metric });
  const metricBar = el("div", { class: "explore-bar explore-scene" });
  const metricBox = el("div", {}, metricBar, metric.box, el("p", {}, words.knotsHelp));

  function makeRates() {
    rates = chart({ label: words.plot, height: 320, log: scene.log, xLabel: "t", yLabel: "lr" });
    rates.svg.append(marks);
    rates.onresize(drawMarks);
    ratesBox.replaceChildren(rates.box);
    const at = (keep) => (event) => {
      const step = Math.round(rates.scales().x.invert(pointer(event, rates.svg)[0]));
      show(step, keep || event.buttons > 0);
    };
    rates.svg.addEventListener("pointermove", at(false));
    rates.svg.addEventListener("pointerdown", at(true));
    rates.svg.addEventListener("pointerleave", () => show(t, false));
  }

  /** Values from step to step, in stairs where steps are few. */
  const series = (values, index) => ({
    color: COLORS[index],
    dash: DASHES[index],
    values: values.flatMap((v, k) => (scene.steps > 60 ? [[k, v]] : [[k - 0.5, v], [k + 0.5, v]])),
  });

  function drawCharts() {
    const all = paths.flatMap((path) => path.rates).filter(Number.isFinite);
    const top = Math.max(0, ...all) || 1;
    const low = Math.max(Math.min(top / 10, ...all.filter((v) => v > 0)), top * 1e-8);
    const x = [0, scene.steps];
    const y = scene.log ? [low / 1.3, top * 1.3] : [Math.min(0, ...all), top * 1.06];
    rates.draw(paths.map((path, index) => series(path.rates, index)), { x, y });
    const moving = paths.flatMap((path, index) => (moves(curves[index]) ? [series(path.momenta, index)] : []));
    momenta.box.hidden = !moving.length;
    momenta.draw(moving, { x });
    metricBox.hidden = !watches(curves);
    drawMetric();
    drawMarks();
  }

  /** The step shown; rings where a rule ends or hands over, a cross where torch raises. */
  function drawMarks() {
    for (const each of [rates, momenta, metric]) each.mark(now);
    const { x, y } = rates.scales();
    const drawn = paths.flatMap(({ rates: values, error }, index) => {
      const color = COLORS[index];
      const mark = (k, shape, attributes) => {
        const v = values[k];
        if (!Number.isFinite(v) || (scene.log && v <= 0)) return [];
        return [el(shape, { transform: `translate(${x(k)},${y(v)})`, ...attributes })];
      };
      return [
        ...ends(curves[index]).flatMap((k) => mark(k, "circle", { r: 5, style: `stroke: ${color}`, class: "schedule-end" })),
        ...(error ? mark(values.length - 1, "path", { d: "M-6-6L6 6M6-6L-6 6", style: `stroke: ${color}` }) : []),
        ...mark(now, "circle", { r: 4, style: `fill: ${color}` }),
      ];
    });
    marks.replaceChildren(...drawn);
  }

  // ---- the metric that ReduceLROnPlateau watches
  let domain = null; // which stays as it is while a knot is dragged

  function drawMetric() {
    const all = [...metrics, ...scene.knots];
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const pad = (high - low) * 0.15 || 0.5;
    const y = domain ?? [low - pad, high + pad];
    const values = metrics.map((v, k) => [k, v]);
    metric.draw([{ values, color: "var(--md-typeset-color)" }], { x: [0, scene.steps], y });
    drawKnots();
  }

  const knots = el("g", {});
  metric.svg.append(knots);
  metric.svg.setAttribute("role", "group");

  function drawKnots() {
    const { x, y } = metric.scales();
    while (knots.children.length < scene.knots.length) knots.append(knot(knots.children.length));
    scene.knots.forEach((value, i) => {
      const k = (scene.steps * i) / (scene.knots.length - 1);
      const each = knots.children[i];
      each.setAttribute("transform", `translate(${x(k)},${y(value)})`);
      each.setAttribute("aria-valuenow", value);
      each.setAttribute("aria-valuetext", `t = ${short(k)}: ${short(value)}`);
    });
  }

  /** A knot of the metric, moved up and down. */
  function knot(i) {
    const span = () => metric.scales().y.domain();
    const move = (value) => {
      scene.knots[i] = Number(value.toPrecision(3));
      run();
    };
    return grip(metric.svg, {
      label: words.knot(i + 1),
      size: 5.5,
      keyed: (right, up, fine) =>
        move(scene.knots[i] + ((right + up) * (span()[1] - span()[0])) / (fine ? 400 : 40)),
      dragged: (_, py) => move(Math.min(Math.max(metric.scales().y.invert(py), span()[0]), span()[1])),
      held(begins) {
        domain = begins ? span() : null;
        drawMetric();
      },
    });
  }

  // ---- the numbers
  const table = el("table", { class: "explore-table" });
  const summary = el("p", { class: "explore-hidden", "aria-live": "polite" });
  const { back, forward, scrub, counter, set: setStep } = stepper(words, (by) => show(t + by), (k) => show(k));
  const there = (path) => now < path.rates.length;
  const { fold, refresh } = programFold(words, async () => {
    const { program } = await import("./scheduler_code.js");
    return program(scene, curves, now, !paths.every(there));
  });

  function showNumbers() {
    const row = (path, index) => {
      const numbers = [path.rates, path.sums, path.momenta].map((each) => each[now]);
      const cells = there(path)
        ? numbers.map((v) => el("td", {}, scientific(v)))
        : [el("td", { colspan: 3, class: "explore-error" }, path.error.text)];
      return [index, title(curves[index], curves), ...cells];
    };
    const head = [words.curve, "lr", "Σ lr", "momentum"];
    fillTable(table, el("caption", {}, words.numbers(now)), head, paths.map(row));
  }

  /** Show a step; the one under the pointer is not kept. */
  function show(k, keep = true) {
    now = Math.min(Math.max(k, 0), scene.steps);
    if (keep) t = now;
    setStep(now, scene.steps);
    drawMarks();
    showNumbers();
    refresh();
    if (!keep || !started) return;
    const list = paths.map((path, index) =>
      `${title(curves[index], curves)}: ${there(path) ? short(path.rates[now]) : path.error.text}`,
    );
    summary.textContent = `t = ${now}. ${list.join("; ")}`;
    save();
  }

  // ---- the controls
  const sceneBar = el("div", { class: "explore-bar explore-scene" });
  const cards = el("div", { class: "explore-cards" });
  const said = el("p", { class: "explore-note", "aria-live": "polite" });

  /** Draw anew, and leave the focus where it was. */
  function keepFocus(draw) {
    const all = () => [...root.querySelectorAll("button, input, select, summary")];
    const at = all().indexOf(document.activeElement);
    draw();
    all()[at]?.focus();
  }

  function drawScene() {
    const listed = Object.keys(SCENES).map((name) => [name, scenes[name][0]]);
    const steps = [...new Set([...STEPS, scene.steps])].sort((a, b) => a - b).map((n) => [n, n]);
    sceneBar.replaceChildren(
      labelled(
        words.preset,
        choice([["", words.presets], ...listed], note, (name) =>
          keepFocus(() => {
            if (name) useScene(name);
            makeRates();
            drawScene();
            changed();
          }),
        ),
      ),
      slider({ label: "lr", min: 1e-5, max: 10, log: true, value: scene.lr, onchange: change("lr") }),
      labelled(
        words.steps,
        choice(steps, scene.steps, (n) => {
          scene.steps = Number(n);
          changed();
        }),
      ),
      labelled(
        words.axis,
        choice([["", words.linear], ["log", words.log]], scene.log ? "log" : "", (value) => {
          scene.log = value === "log";
          makeRates();
          run();
        }),
      ),
    );
    metricBar.replaceChildren(
      labelled(
        words.shape,
        choice([["", words.choose], ...Object.entries(words.shapes)], "", (name) => {
          if (name) scene.knots = SHAPES[name].split(":").map(Number);
          run();
        }),
      ),
      slider({ label: words.noise, min: 0, max: 0.5, step: 0.01, value: scene.noise, onchange: change("noise") }),
    );
    said.textContent = note ? scenes[note][1] : "";
  }

  /** The curves are others than they were: draw their cards and follow them. */
  function changed() {
    keepFocus(() => {
      const made = curves.map((curve, index) =>
        el(
          "div",
          { class: "explore-card", style: `--arm: ${COLORS[index]}` },
          ...editor(curve, curves, index, swatch(index)),
        ),
      );
      cards.replaceChildren(...made, ...adder(curves, MOST.curves, words.add));
      run();
    });
  }

  function adder(list, most, text) {
    const rules = Object.keys(RULES).filter((rule) => list === curves || !RULES[rule].make);
    const add = () => {
      list.push(begin(rules.find((rule) => list.every((each) => each.rule !== rule)) ?? rules[0]));
      changed();
    };
    return list.length < most ? [button(text, `+ ${text}`, add)] : [];
  }

  function editor(curve, list, index, mark = null) {
    const { rule, parts } = curve;
    const own = list === curves;
    const pairs = Object.keys(RULES).filter((each) => own || !RULES[each].make).map((each) => [each, each]);
    const label = `${own ? words.scheduler : words.part} ${index + 1}`;
    const pick = choice(pairs, rule, (value) => {
      list[index] = begin(value);
      changed();
    }, { "aria-label": label });
    const remove = button(`${words.remove}: ${label}`, "×", () => {
      list.splice(index, 1);
      changed();
    });
    const names = Object.keys(RULES[rule].options);
    const folded = names.filter((name) => FOLDED.test(name));
    const fold = el("details", {}, el("summary", {}, words.options), ...folded.map((name) => setting(curve, name)));
    fold.open = folded.some((name) => name in curve.options);
    const made = (parts ?? []).map((part, i) => el("div", { class: "schedule-part" }, ...editor(part, parts, i)));
    return [
      el("div", { class: "explore-head" }, mark, pick, list.length > 1 ? remove : null),
      own ? el("p", { class: "explore-error" }) : "",
      el(
        "div",
        { class: "schedule-options" },
        ...names.filter((name) => !FOLDED.test(name)).map((name) => setting(curve, name)),
        folded.length ? fold : null,
      ),
      ...made,
      ...(parts ? adder(parts, MOST.parts, words.addPart) : []),
    ];
  }

  function setting(curve, name) {
    const { rule, options } = curve;
    const value = optionsOf(curve)[name];
    const set = (v) => {
      options[name] = v;
      run();
    };
    const choices = choicesOf(rule, name)?.map((each) => [each, LAMBDAS[rule]?.[each][1]("T") ?? each]);
    if (choices || FOLDED.test(name) || TYPED.test(name)) {
      const text = (v) => (v === null ? "None" : Array.isArray(v) ? v.join(", ") : plain(v));
      return option({ name, value, choices, text, set, parse: (typed) => read(rule, name, typed) });
    }
    const log = /_lr$/.test(name);
    const [min, max, step] = WHOLE.test(name)
      ? [fit(rule, name, 0), Math.max(scene.steps, value), 1]
      : log ? [1e-5, 10] : { power: [0, 4, 0.1] }[name] ?? (rule === "ExponentialLR" ? [0.9, 1, 0.001] : [0, 1, 0.01]);
    const box = slider({
      label: name, min, max, step, log, value,
      onchange(v) {
        const fitting = fit(rule, name, v);
        if (fitting !== v) box.querySelector(".explore-number").value = plain(fitting);
        set(fitting);
      },
    });
    return box;
  }

  // ---- all of it
  let started = false;

  function run() {
    metrics = metricsOf(scene);
    paths = curves.map((curve) => follow({ ...scene, metrics }, curve));
    paths.forEach(({ error }, index) => {
      const text = error ? `t = ${error.t}: ${error.text}` : "";
      cards.children[index].querySelector(".explore-error").textContent = text;
    });
    drawCharts();
    rates.say(`${words.plot}: ${curves.map((curve) => title(curve, curves)).join("; ")}`);
    show(Math.min(t, scene.steps));
  }

  root.replaceChildren(
    sceneBar,
    said,
    el(
      "div",
      { class: "explore-main schedule-main" },
      el(
        "div",
        {},
        ratesBox,
        el(
          "div",
          { class: "explore-player" },
          back,
          forward,
          scrub,
          counter,
        ),
        el("div", { class: "explore-scroll", tabindex: 0, role: "region", "aria-label": words.table }, table),
        momenta.box,
        metricBox,
      ),
      cards,
    ),
    fold,
    summary,
  );
  root.classList.add("explore");
  await Promise.all(ready);
  makeRates();
  drawScene();
  changed();
  metric.onresize(drawKnots);
  for (const each of [momenta, metric]) each.onresize(() => each.mark(now));
  started = true;
  await reveal(root);
}
