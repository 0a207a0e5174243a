// The playground: optimizers of torch.optim side by side on one surface.
import { contours, drag, pointer, scaleLinear, select } from "../vendor/d3.js";
import { program } from "./code.js";
import {
  chart, choice, codeBlock, el, icon, keepAddress, labelled, language, onWidth, plain, scientific,
  sheet, short, slider, still, unique,
} from "./frame.js";
import { PRESETS } from "./presets.js";
import { RULES } from "./rules/index.js";
import { SURFACES } from "./surfaces.js";
import { TUNED } from "./tuned.js";
import { surfaceOf, walk } from "./walk.js";

const MOST = 6;
const COLORS = Array.from({ length: MOST }, (_, i) => `var(--plot-${i + 1})`);
const DASHES = [null, "7 3", "2 3", "9 3 2 3", "4 4", "12 4"];
const STEPS = [20, 50, 60, 80, 100, 150, 200, 300, 500, 1000];
// Where a slider makes sense; everything else is a field.
const LR = { min: 1e-5, max: 1e3 };

/** A scene and its arms as they begin on a surface. */
function begin(name) {
  const { kappa, sigma = 0, start } = SURFACES[name];
  return { surface: name, kappa, sigma, start: [...start], seed: 1, schedule: "none", steps: 200 };
}

const tuned = (surface, rule) => ({ rule, options: { ...TUNED[surface][rule] } });

/** Whether a rule can run on a surface: Muon wants a matrix. */
const fits = (scene, { rule }) => !RULES[rule].matrix || scene.start.length === 4;

/** What the address says: a scene, arms, the step; what it does not say, as it begins. */
export function readAddress(search) {
  const query = new URLSearchParams(search);
  const number = (name, fallback) => {
    const value = Number(query.get(name));
    return query.has(name) && Number.isFinite(value) ? value : fallback;
  };
  const named = query.get("surface");
  const known = Object.hasOwn(SURFACES, named ?? "") ? named : "bowl";
  const scene = begin(known);
  if (scene.kappa) scene.kappa = Math.min(Math.max(number("kappa", scene.kappa), 1), 1000);
  scene.sigma = Math.max(number("sigma", scene.sigma), 0);
  scene.seed = Math.min(Math.max(Math.round(number("seed", 1)), 1), 2147483646);
  scene.steps = Math.min(Math.max(Math.round(number("steps", 200)), 1), 1000);
  if (["linear", "cosine", "step"].includes(query.get("schedule")))
    scene.schedule = query.get("schedule");
  const start = (query.get("start") ?? "").split(",").map(Number);
  if (start.length === scene.start.length && start.every(Number.isFinite)) scene.start = start;
  const arms = (query.get("arms") ?? "")
    .split(";")
    .slice(0, MOST)
    .map((text) => {
      const [rule, ...pairs] = text.split(",");
      if (!Object.hasOwn(RULES, rule)) return null;
      const options = {};
      for (const pair of pairs) {
        const [name, value] = pair.split("=");
        if (Object.hasOwn(RULES[rule].options, name)) options[name] = parse(value);
      }
      return { rule, options };
    })
    .filter(Boolean);
  const t = Math.min(Math.max(Math.round(number("t", scene.steps)), 0), scene.steps);
  return { scene, arms, t, shown: Math.max(0, Math.round(number("shown", 0))) };
}

function parse(text = "") {
  const words = { true: true, false: false, null: null, strong_wolfe: "strong_wolfe" };
  return Object.hasOwn(words, text) ? words[text] : Number(text) || 0;
}

/** The address of a state: what readAddress reads back. */
export function writeAddress({ scene, arms, t, shown }) {
  const query = { surface: scene.surface };
  if (scene.kappa) query.kappa = scene.kappa;
  if (scene.sigma) Object.assign(query, { sigma: scene.sigma, seed: scene.seed });
  if (scene.schedule !== "none") query.schedule = scene.schedule;
  return {
    ...query,
    start: scene.start.join(","),
    steps: scene.steps,
    t,
    ...(shown ? { shown } : {}),
    arms: arms
      .map(({ rule, options }) =>
        [rule, ...Object.entries(options).map(([name, value]) => `${name}=${value}`)].join(","),
      )
      .join(";"),
  };
}

/** Draw the playground into an element. */
export async function playground(root) {
  const { words, scenes } = await import(`./words/${language()}.js`);
  const ready = sheet("explore.css");
  let note = "";
  let { scene, arms, t, shown } = readAddress(location.search);
  if (!arms.length) {
    if (new URLSearchParams(location.search).has("surface"))
      arms = ["SGD", "Adam", "RMSprop"].map((rule) => tuned(scene.surface, rule));
    else
      ({ scene, arms, t, shown } = fromPreset(root.dataset.scene || "overshoot"));
  }
  let runs = [];
  let floor = 0;
  let stateName = null;
  const save = keepAddress(() => writeAddress({ scene, arms, t, shown }));

  // ---- the picture
  const names = () => SURFACES[scene.surface].names ?? ["x", "y"];
  const svg = el("svg", { role: "group", class: "explore-plot" });
  const clip = el("clipPath", { id: unique("clip") }, el("rect"));
  const layers = Object.fromEntries(
    ["contours", "lowest", "x", "y", "ways", "ends", "starts"].map((name) => [
      name, el("g", { class: `explore-${name}` }),
    ]),
  );
  layers.ways.setAttribute("clip-path", `url(#${clip.id})`);
  layers.ends.setAttribute("clip-path", `url(#${clip.id})`);
  svg.append(clip, ...Object.values(layers));
  const picture = el("div", { class: "explore-picture" }, svg);
  let x = scaleLinear();
  let y = scaleLinear();
  let width = 0;
  let drawn = "";

  function drawSurface() {
    const { window: [xs, ys] } = SURFACES[scene.surface];
    const height = Math.round(Math.min(width * 0.68, 460));
    const margin = { left: 34, right: 8, top: 8, bottom: 26 };
    const key = [scene.surface, scene.kappa, width].join();
    if (key === drawn) return;
    drawn = key;
    x = scaleLinear(xs, [margin.left, width - margin.right]);
    y = scaleLinear(ys, [height - margin.bottom, margin.top]);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    const [left, top] = [margin.left, margin.top];
    const [w, h] = [width - left - margin.right, height - top - margin.bottom];
    Object.entries({ x: left, y: top, width: w, height: h }).forEach(([name, value]) =>
      clip.firstChild.setAttribute(name, value),
    );
    const [n, m] = [90, 60];
    const { loss } = surfaceOf(scene);
    const value = (i, j) =>
      loss([xs[0] + (i / (n - 1)) * (xs[1] - xs[0]), ys[0] + (j / (m - 1)) * (ys[1] - ys[0])]);
    const values = Array.from({ length: n * m }, (_, k) => value(k % n, Math.floor(k / n)));
    const sorted = [...values].sort((a, b) => a - b);
    const [low, high] = [sorted[0], sorted[Math.floor(sorted.length * 0.98)]];
    const levels = Array.from({ length: 14 }, (_, k) => low + (high - low) * ((k + 1) / 15) ** 2.4);
    const at = ([i, j]) => {
      const px = left + ((i - 0.5) / (n - 1)) * w;
      const py = top + h - ((j - 0.5) / (m - 1)) * h;
      return `${px.toFixed(1)} ${py.toFixed(1)}`;
    };
    const rings = (shape) =>
      shape.coordinates.flat().map((ring) => `M${ring.map(at).join("L")}Z`).join("");
    layers.contours.replaceChildren(
      el("rect", { x: left, y: top, width: w, height: h }),
      ...contours().size([n, m]).thresholds(levels)(values).map((shape) =>
        el("path", { d: rings(shape), "fill-rule": "evenodd" }),
      ),
    );
    layers.lowest.replaceChildren(
      ...SURFACES[scene.surface].lowest.map(([a, b]) =>
        el("path", { d: `M${x(a) - 5} ${y(b) - 5}l10 10m0 -10l-10 10` }),
      ),
    );
    drawAxes(height, margin);
  }

  function drawAxes(height, margin) {
    const tick = (scale, across) =>
      scale.ticks(width < 420 ? 5 : 9).map((value) =>
        el(
          "text",
          across
            ? { x: scale(value), y: height - margin.bottom + 16, "text-anchor": "middle" }
            : { x: margin.left - 6, y: scale(value) + 4, "text-anchor": "end" },
          plain(value),
        ),
      );
    const [first, second] = names();
    layers.x.replaceChildren(
      ...tick(x, true).slice(0, -1),
      el("text", { x: width - margin.right, y: height - 10, "text-anchor": "end" }, first),
    );
    layers.y.replaceChildren(
      ...tick(y, false).slice(0, -1),
      el("text", { x: margin.left - 6, y: margin.top + 10, "text-anchor": "end" }, second),
    );
  }

  const far = (v) => Math.max(-2e4, Math.min(2e4, v)).toFixed(1);
  let pieces = [];

  function drawStarts() {
    const count = scene.start.length / 2;
    while (layers.starts.children.length > count) layers.starts.lastChild.remove();
    while (layers.starts.children.length < count) layers.starts.append(handle(layers.starts.children.length));
    [...layers.starts.children].forEach((each, row) => {
      const [a, b] = scene.start.slice(2 * row, 2 * row + 2);
      each.setAttribute("transform", `translate(${far(x(a))},${far(y(b))})`);
      each.setAttribute("aria-valuenow", a);
      each.setAttribute("aria-valuetext", `${names()[0]} = ${short(a)}, ${names()[1]} = ${short(b)}`);
    });
  }

  /** The start of a row: dragged, or moved by arrow keys. */
  function handle(row) {
    const made = el(
      "g",
      {
        tabindex: 0, role: "slider", "aria-label": words.startHelp, "aria-valuemin": -1e3,
        "aria-valuemax": 1e3, class: "explore-start",
      },
      el("circle", { r: 22, class: "explore-grip" }),
      el("circle", { r: 8 }),
    );
    made.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      if (!(event.key in by)) return;
      event.preventDefault();
      const [[x0, x1], [y0, y1]] = SURFACES[scene.surface].window;
      const unit = event.shiftKey ? 500 : 60;
      const [dx, dy] = by[event.key];
      moveStart(row, [
        scene.start[2 * row] + (dx * (x1 - x0)) / unit,
        scene.start[2 * row + 1] + (dy * (y1 - y0)) / unit,
      ]);
    });
    select(made).call(
      drag().on("drag", (event) => {
        const [px, py] = pointer(event.sourceEvent, svg);
        moveStart(row, [x.invert(px), y.invert(py)]);
      }),
    );
    return made;
  }

  function moveStart(row, [a, b]) {
    const box = SURFACES[scene.surface].box ?? Infinity;
    const [[x0, x1], [y0, y1]] = SURFACES[scene.surface].window;
    const within = (v, low, high) => Math.min(Math.max(v, Math.max(low, -box)), Math.min(high, box));
    const round = (v) => Number(v.toFixed(3));
    scene.start[2 * row] = round(within(a, x0, x1));
    scene.start[2 * row + 1] = round(within(b, y0, y1));
    run();
  }

  function drawWays() {
    layers.ways.replaceChildren();
    layers.ends.replaceChildren();
    pieces = runs.map((each, index) => {
      if (!each) return null;
      const rows = each.points[0].length / 2;
      return Array.from({ length: rows }, (_, row) => {
        const style = `stroke: ${COLORS[index]}`;
        const way = el("path", { style, "stroke-dasharray": DASHES[index] });
        const dots = el("path", { style, class: "explore-dots" });
        const end = el("circle", { r: 5.5, style: `fill: ${COLORS[index]}` });
        layers.ways.append(way, dots);
        layers.ends.append(end);
        const texts = each.points.map((point) => {
          const fine = Number.isFinite(point[2 * row]) && Number.isFinite(point[2 * row + 1]);
          return fine ? `${far(x(point[2 * row]))} ${far(y(point[2 * row + 1]))}` : null;
        });
        const alive = texts.includes(null) ? texts.indexOf(null) : texts.length;
        return { way, dots, end, texts, alive };
      });
    });
    showWays();
  }

  function showWays() {
    for (const each of pieces.flat()) {
      if (!each) continue;
      const texts = each.texts.slice(0, Math.min(t + 1, each.alive));
      each.way.setAttribute("d", `M${texts.join("L")}`);
      each.dots.setAttribute("d", texts.length <= 301 ? `M${texts.join("h0M")}h0` : "");
      const [cx, cy] = texts.at(-1).split(" ");
      each.end.setAttribute("cx", cx);
      each.end.setAttribute("cy", cy);
    }
  }

  // ---- what stands below the picture
  const losses = chart({ label: words.lossChart, log: true, xLabel: "t", yLabel: words.lossChart });
  const lengths = chart({ label: words.lengthChart, log: true, xLabel: "t", yLabel: words.lengthChart });
  const stateChart = chart({ label: words.stateChart, xLabel: "t" });
  const stateBar = el("div", { class: "explore-bar" });
  const table = el("table", { class: "explore-table" });
  const summary = el("p", { class: "explore-hidden", "aria-live": "polite" });
  const { block: codeBox, set: setCode } = codeBlock(words);

  function drawCharts() {
    const series = (pick) =>
      runs.flatMap((each, index) =>
        each
          ? [{ values: pick(each).map((v, k) => [k, v]), color: COLORS[index], dash: DASHES[index] }]
          : [],
      );
    losses.draw(series((each) => each.losses.map((v) => v - floor)), { x: [0, scene.steps] });
    lengths.draw(series((each) => each.lengths), { x: [0, scene.steps] });
    drawState();
  }

  function drawState() {
    shown = Math.min(shown, arms.length - 1);
    const each = runs[shown];
    const available = each ? Object.keys(each.states.at(-1) ?? {}) : [];
    if (!available.includes(stateName)) stateName = available[0] ?? null;
    const pick = choice(
      arms.map((_, index) => [index, title(index)]),
      shown,
      (value) => {
        shown = Number(value);
        drawState();
        save();
      },
    );
    const what = choice(available.map((name) => [name, name]), stateName, (name) => {
      stateName = name;
      drawState();
    });
    stateBar.replaceChildren(
      labelled(words.show, pick),
      available.length ? labelled("state", what) : el("span", {}, words.noState),
    );
    const count = stateName ? each.states.at(-1)[stateName].length : 0;
    stateChart.draw(
      Array.from({ length: count }, (_, i) => ({
        values: each.states.flatMap((state, k) => (state[stateName] ? [[k, state[stateName][i]]] : [])),
        color: COLORS[shown],
        dash: [null, "5 4", "1 4", "9 3 2 3"][i],
      })),
      { x: [0, scene.steps] },
    );
    const axes = stateName?.endsWith("_var") ? [] : coordinates();
    const marks = ["—", "- -", "···", "-·-"];
    const legend = Array.from({ length: count }, (_, i) => `${marks[i]} ${axes[i] ?? i + 1}`);
    stateBar.append(el("span", { class: "explore-legend" }, legend.join("   ")));
    stateChart.say(`${words.stateChart}: ${arms[shown].rule} ${stateName ?? words.noState}`);
    stateChart.mark(t);
  }

  function coordinates() {
    return scene.start.length === 4 ? ["x₁", "y₁", "x₂", "y₂"] : names();
  }

  const caption = el("caption");
  let cells = [];

  function drawTable() {
    const head = [words.optimizer, ...coordinates(), words.loss, words.evals];
    cells = runs.map((each) =>
      each ? Array.from({ length: head.length - 1 }, () => el("td")) : [],
    );
    const rows = cells.flatMap((row, index) =>
      row.length
        ? [el("tr", {}, el("th", { scope: "row" }, swatch(index), ` ${title(index)}`), ...row)]
        : [],
    );
    table.replaceChildren(
      caption,
      el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, ...rows),
    );
  }

  function showNumbers() {
    caption.textContent = words.numbers(t);
    runs.forEach((each, index) => {
      if (!each) return;
      const texts = [...each.points[t], each.losses[t]].map((v) => scientific(v));
      [...texts, String(each.counts[t])].forEach((text, k) => (cells[index][k].textContent = text));
    });
  }

  /** An optimizer's name, and the option that tells it from others of that name. */
  function title(index) {
    const { rule, options } = arms[index];
    const twins = arms.filter((each) => each.rule === rule);
    if (twins.length < 2) return rule;
    const value = (each, name) => each.options[name] ?? RULES[rule].options[name];
    const names = Object.keys(RULES[rule].options);
    const tells = names.filter((name) => twins.some((each) => value(each, name) !== value({ options }, name)));
    return [rule, ...tells.slice(0, 2).map((name) => `${name}=${value({ options }, name)}`)].join(" ");
  }

  function swatch(index) {
    return el(
      "svg",
      { width: 26, height: 10, "aria-hidden": "true", class: "explore-swatch" },
      el("line", {
        x1: 0, x2: 26, y1: 5, y2: 5, style: `stroke: ${COLORS[index]}`, "stroke-width": 3,
        "stroke-dasharray": DASHES[index],
      }),
    );
  }

  function say() {
    const list = runs.flatMap((each, index) => {
      if (!each) return [];
      const place = `(${[...each.points[t]].map(short).join(", ")})`;
      return [words.arm(title(index), place, short(each.losses[t]))];
    });
    summary.textContent = words.summary(t, list);
  }

  // ---- the player
  let playing = 0;
  const scrub = el("input", { type: "range", min: 0, "aria-label": words.step });
  const counter = el("output", { class: "explore-count" });
  const button = (name, text, onclick) =>
    el("button", { type: "button", "aria-label": words[name], title: words[name], onclick }, text);
  const toStart = button("toStart", icon("toStart"), () => show(0, true));
  const back = button("back", "−1", () => show(t - 1, true));
  const forward = button("forward", "+1", () => show(t + 1, true));
  const play = button("play", icon("play"), () => (playing ? pause() : start()));
  scrub.addEventListener("input", () => show(Number(scrub.value), true));
  scrub.addEventListener("change", say);

  function pause() {
    cancelAnimationFrame(playing);
    clearTimeout(playing);
    playing = 0;
    play.replaceChildren(icon("play"));
    play.setAttribute("aria-label", words.play);
    showCode();
    say();
  }

  function start() {
    if (t >= scene.steps) show(0);
    play.replaceChildren(icon("pause"));
    play.setAttribute("aria-label", words.pause);
    if (still()) {
      const jump = () => {
        show(Math.min(scene.steps, t + Math.ceil(scene.steps / 8)));
        playing = t < scene.steps ? setTimeout(jump, 900) : 0;
        if (!playing) pause();
      };
      playing = setTimeout(jump, 10);
      return;
    }
    let before = performance.now();
    let exact = t;
    const pace = scene.steps / Math.min(9000, 2000 + 40 * scene.steps);
    const frame = (now) => {
      exact += Math.min(now - before, 100) * pace;
      before = now;
      if (Math.floor(exact) !== t) show(Math.min(scene.steps, Math.floor(exact)));
      if (t < scene.steps) playing = requestAnimationFrame(frame);
      else pause();
    };
    playing = requestAnimationFrame(frame);
  }

  const torch = el("details", { class: "explore-torch" });

  function showCode() {
    if (torch.open) setCode(program(scene, arms.filter((each) => fits(scene, each)), t));
  }

  torch.addEventListener("toggle", showCode);

  /** Show step k: the only thing that happens in each frame. */
  function show(k, byHand = false) {
    if (byHand && playing) pause();
    t = Math.min(Math.max(k, 0), scene.steps);
    scrub.value = t;
    scrub.setAttribute("aria-valuetext", `${words.step} ${t}`);
    counter.textContent = `t = ${t} / ${scene.steps}`;
    showWays();
    for (const each of [losses, lengths, stateChart]) each.mark(t);
    showNumbers();
    if (!playing) showCode();
    if (byHand) {
      say();
      save();
    }
  }

  // ---- the controls
  const sceneBar = el("div", { class: "explore-bar explore-scene" });
  const moreBar = el("div", { class: "explore-bar explore-scene" });
  const cards = el("div", { class: "explore-cards" });
  const said = el("p", { class: "explore-note", "aria-live": "polite" });

  function drawScene() {
    const { kappa } = SURFACES[scene.surface];
    const set = (name) => (value) => {
      scene[name] = value;
      run();
    };
    const presets = [["", words.presets], ...Object.keys(PRESETS).map((name) => [name, scenes[name][0]])];
    const pick = choice(presets, note, (name) => name && usePreset(name));
    const surface = choice(Object.entries(words.surfaces), scene.surface, (name) => {
      const { steps, schedule } = scene;
      scene = { ...begin(name), steps, schedule };
      arms = arms.map(({ rule }) => (TUNED[name][rule] ? tuned(name, rule) : { rule, options: { lr: 0.1 } }));
      note = "";
      drawScene();
      drawCards();
      run();
    });
    const fields = [labelled(words.preset, pick), labelled(words.surface, surface)];
    if (kappa)
      fields.push(
        slider({ label: words.kappa, min: 1, max: 1000, log: true, value: scene.kappa, onchange: (v) => set("kappa")(Math.min(Math.max(v, 1), 1000)) }),
      );
    sceneBar.replaceChildren(...fields);
    moreBar.replaceChildren(
      slider({ label: words.sigma, min: 0, max: 5, step: 0.1, value: scene.sigma, onchange: (v) => set("sigma")(Math.max(v, 0)) }),
      slider({ label: words.seed, min: 1, max: 50, step: 1, value: scene.seed, onchange: (v) => set("seed")(Math.min(Math.max(Math.round(v), 1), 2147483646)) }),
      labelled(words.schedule, choice(Object.entries(words.schedules), scene.schedule, set("schedule"))),
      labelled(
        words.steps,
        choice([...new Set([...STEPS, scene.steps])].sort((a, b) => a - b).map((n) => [n, n]), scene.steps, (n) => {
          scene.steps = Number(n);
          t = scene.steps;
          run();
        }),
      ),
    );
    said.textContent = note ? scenes[note][1] : "";
  }

  function drawCards() {
    cards.replaceChildren(...arms.map(card));
    if (arms.length < MOST) {
      const add = el("button", { type: "button", class: "explore-add" }, `+ ${words.add}`);
      add.addEventListener("click", () => {
        const used = new Set(arms.map(({ rule }) => rule));
        const next = Object.keys(RULES).find((rule) => !used.has(rule) && TUNED[scene.surface][rule]);
        arms.push(tuned(scene.surface, next ?? "SGD"));
        drawCards();
        run();
        cards.children[arms.length - 1].querySelector("select").focus();
      });
      cards.append(add);
    }
  }

  function card(arm, index) {
    const choose = choice(
      Object.keys(RULES).map((rule) => [rule, rule]),
      arm.rule,
      (rule) => {
        arms[index] = TUNED[scene.surface][rule]
          ? tuned(scene.surface, rule)
          : { rule, options: { lr: 0.1 } };
        drawCards();
        run();
        cards.children[index].querySelector("select").focus();
      },
      { "aria-label": `${words.rule} ${index + 1}` },
    );
    const remove = el("button", { type: "button", "aria-label": `${words.remove} ${index + 1} ${arm.rule}`, title: words.remove }, "×");
    remove.addEventListener("click", () => {
      arms.splice(index, 1);
      drawCards();
      run();
    });
    const rate = slider({
      label: "lr", ...LR, log: true, value: arm.options.lr ?? RULES[arm.rule].options.lr,
      onchange: (v) => {
        arm.options.lr = Math.max(v, 0);
        run();
      },
    });
    const others = Object.entries(RULES[arm.rule].options).filter(([name]) => name !== "lr");
    const fold = el(
      "details",
      {},
      el("summary", {}, words.options),
      ...others.map(([name, value]) => option(arm, name, value)),
    );
    fold.open = others.some(([name, value]) => name in arm.options && arm.options[name] !== value);
    const error = fits(scene, arm)
      ? null
      : el("p", { class: "explore-error" }, words.flat, " ", el("code", {}, "ValueError: Muon only supports 2D parameters whereas we found a parameter with size: torch.Size([2])"));
    return el(
      "div",
      { class: "explore-card", style: `--arm: ${COLORS[index]}` },
      el("div", { class: "explore-head" }, swatch(index), choose, arms.length > 1 ? remove : null),
      error,
      rate,
      fold,
    );
  }

  function option(arm, name, initial) {
    const value = arm.options[name] ?? initial;
    const set = (v) => {
      arm.options[name] = v;
      if (v === initial) delete arm.options[name];
      run();
    };
    if (name === "line_search_fn")
      return labelled(name, choice([["", "None"], ["strong_wolfe", "strong_wolfe"]], value ?? "", (v) => set(v || null)));
    if (typeof initial === "boolean") {
      const box = el("input", { type: "checkbox", checked: value });
      box.addEventListener("change", () => set(box.checked));
      return labelled(name, box);
    }
    const field = el("input", { type: "text", inputmode: "decimal", class: "explore-number", value: value === null ? "None" : plain(value) });
    field.addEventListener("change", () => {
      const v = /^none$/i.test(field.value.trim()) && initial === null ? null : Number(field.value);
      if (v === null || (field.value.trim() !== "" && allowed(name, v))) set(v);
      field.value = arm.options[name] === undefined ? plain(initial ?? "None") : plain(arm.options[name] ?? "None");
    });
    return labelled(name, field);
  }

  // ---- all of it
  function fromPreset(name) {
    const { scene: wanted, arms: list, shown: which = 0 } = PRESETS[name] ?? PRESETS.overshoot;
    note = name in PRESETS ? name : "overshoot";
    const made = { ...begin(wanted.surface), ...wanted };
    made.start = [...made.start];
    const step = wanted.t ?? made.steps;
    delete made.t;
    return { scene: made, arms: structuredClone(list), t: step, shown: which };
  }

  function usePreset(name) {
    pause();
    ({ scene, arms, t, shown } = fromPreset(name));
    stateName = null;
    drawScene();
    drawCards();
    run();
  }

  /** Walk anew and draw what depends on it. */
  function run() {
    if (t > scene.steps) t = scene.steps;
    runs = arms.map((each) => (fits(scene, each) ? walk(scene, each) : null));
    const { loss, lowest } = surfaceOf(scene);
    floor = Math.min(...lowest.map((point) => loss(scene.start.length === 4 ? [...point, ...point] : point)));
    scrub.max = scene.steps;
    svg.setAttribute("aria-label", words.plot(words.surfaces[scene.surface]));
    if (width) {
      drawSurface();
      drawWays();
      drawStarts();
    }
    drawCharts();
    drawTable();
    show(t);
    if (started) save();
  }

  let started = false;
  torch.append(el("summary", {}, words.asTorch), el("p", {}, words.asTorchNote), codeBox);
  root.replaceChildren(
    sceneBar,
    said,
    el(
      "div",
      { class: "explore-main" },
      el(
        "div",
        {},
        picture,
        el("div", { class: "explore-player" }, toStart, back, play, forward, scrub, counter),
        moreBar,
      ),
      cards,
    ),
    el("div", { class: "explore-scroll", tabindex: 0, role: "region", "aria-label": words.table }, table),
    el(
      "div",
      { class: "explore-charts" },
      losses.box,
      lengths.box,
      el("div", {}, stateBar, stateChart.box),
    ),
    torch,
    summary,
  );
  root.classList.add("explore");
  await ready;
  drawScene();
  drawCards();
  run();
  onWidth(picture, (value) => {
    width = value;
    drawSurface();
    drawWays();
    drawStarts();
  });
  for (const each of [losses, lengths, stateChart]) each.onresize(() => each.mark(t));
  started = true;
  root.dataset.ready = "";
}

/** Whether torch takes a value for an option. */
export function allowed(name, value) {
  if (!Number.isFinite(value)) return false;
  if (name === "beta2_decay") return value <= 0;
  if (/^(beta1|beta2|alpha|rho)$/.test(name)) return value >= 0 && value < 1;
  if (name === "momentum") return value >= 0 && value <= 1;
  if (/^(max_iter|history_size|max_eval)$/.test(name)) return value >= 1 && value <= 100 && value % 1 === 0;
  if (name === "ns_steps") return value >= 0 && value < 100 && value % 1 === 0;
  if (name === "etaminus") return value > 0 && value < 1;
  if (name === "etaplus") return value > 1;
  return value >= 0;
}
