// The playground: optimizers of torch.optim side by side on one surface.
import { contours } from "../vendor/d3-contour.js";
import { scaleLinear } from "../vendor/d3.js";
import { program } from "./code.js";
import {
  COLORS, DASHES, button, chart, choice, el, fillTable, grip, icon, inView, keepAddress, labelled, language,
  numbersOf, onWidth, option, plain, programFold, reveal, scientific, sheet, short, slider, stepper, still,
  swatch, tell,
} from "./frame.js";
import { PRESETS } from "./presets.js";
import { RULES } from "./rules/index.js";
import { SURFACES } from "./surfaces.js";
import { TUNED } from "./tuned.js";
import { surfaceOf, walk } from "./walk.js";

const MOST = COLORS.length;
const STEPS = [20, 50, 60, 80, 100, 150, 200, 300, 500, 1000];
const DOTTED = 300; // ways that are longer have no dot for each step
const PAUSE = 200; // ms between two writings of numbers while it plays
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
  const number = numbersOf(query);
  const named = query.get("surface");
  const known = Object.hasOwn(SURFACES, named ?? "") ? named : "bowl";
  const scene = begin(known);
  if (scene.kappa) scene.kappa = number("kappa", scene.kappa, 1, 1000);
  scene.sigma = number("sigma", scene.sigma, 0);
  scene.seed = Math.round(number("seed", 1, 1, 2147483646));
  scene.steps = Math.round(number("steps", 200, 1, 1000));
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
  const t = Math.round(number("t", scene.steps, 0, scene.steps));
  return { scene, arms, t, shown: Math.round(number("shown", 0, 0)) };
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
  else if (SURFACES[scene.surface].sigma) query.sigma = 0;
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

/**
 * Draw the playground into an element. With data-small: only the picture, what moves it,
 * and a link that takes the state to where the element's own link leads.
 */
export async function playground(root) {
  const small = "small" in root.dataset && root.querySelector("a").href;
  const { words, scenes } = await import(`./words/${language()}.js`);
  const ready = sheet("explore.css");
  let note = "";
  const asked = small ? "" : location.search;
  let { scene, arms, t, shown } = readAddress(asked);
  if (!arms.length) {
    if (new URLSearchParams(asked).has("surface"))
      arms = ["SGD", "Adam", "RMSprop"].map((rule) => tuned(scene.surface, rule));
    else
      ({ scene, arms, t, shown } = fromPreset(root.dataset.scene || "overshoot"));
  }
  if (small) t = 0; // to be guessed
  let runs = [];
  let floor = 0;
  let stateName = null;
  const whole = el("a", {}, words.whole);
  const query = () => new URLSearchParams(writeAddress({ scene, arms, t, shown }));
  const save = small
    ? () => (whole.href = `${small}?${query()}`)
    : keepAddress(() => writeAddress({ scene, arms, t, shown }));

  // ---- the picture
  const names = () => SURFACES[scene.surface].names ?? ["x", "y"];
  // What moves lies between two drawings that do not, so that a frame draws nothing else.
  const layers = Object.fromEntries(
    ["contours", "lowest", "x", "y"].map((name) => [name, el("g", { class: `explore-${name}` })]),
  );
  const starts = el("g", { class: "explore-starts" });
  const ground = el("svg", { "aria-hidden": "true" }, ...Object.values(layers));
  const svg = el("svg", { role: "group", class: "explore-over" }, starts);
  const [ways, ends] = [0, 1].map(() => el("canvas", { "aria-hidden": "true" }));
  const picture = el("div", { class: "explore-picture" }, ground, ways, ends, svg);
  let x = scaleLinear();
  let y = scaleLinear();
  let width = 0;
  let corner = [0, 0];
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
    for (const each of [ground, svg]) {
      each.setAttribute("width", width);
      each.setAttribute("height", height);
    }
    const [left, top] = (corner = [margin.left, margin.top]);
    const [w, h] = [width - left - margin.right, height - top - margin.bottom];
    for (const each of [ways, ends])
      Object.assign(each.style, { left: `${left}px`, top: `${top}px`, width: `${w}px`, height: `${h}px` });
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

  const far = (v) => Math.max(-2e4, Math.min(2e4, v));
  const [pen, stamp] = [ways, ends].map((each) => each.getContext("2d"));
  let pieces = [];
  let drawnTo = Infinity; // the step to which the ways are drawn

  function drawStarts() {
    const count = scene.start.length / 2;
    while (starts.children.length > count) starts.lastChild.remove();
    while (starts.children.length < count) starts.append(handle(starts.children.length));
    [...starts.children].forEach((each, row) => {
      const [a, b] = scene.start.slice(2 * row, 2 * row + 2);
      each.setAttribute("transform", `translate(${far(x(a)).toFixed(1)},${far(y(b)).toFixed(1)})`);
      each.setAttribute("aria-valuenow", a);
      each.setAttribute("aria-valuetext", `${names()[0]} = ${short(a)}, ${names()[1]} = ${short(b)}`);
    });
  }

  /** The start of a row: dragged, or moved by arrow keys. */
  function handle(row) {
    return grip(svg, {
      label: words.startHelp,
      keyed(right, up, fine) {
        const [[x0, x1], [y0, y1]] = SURFACES[scene.surface].window;
        const unit = fine ? 500 : 60;
        moveStart(row, [
          scene.start[2 * row] + (right * (x1 - x0)) / unit,
          scene.start[2 * row + 1] + (up * (y1 - y0)) / unit,
        ]);
      },
      dragged: (px, py) => moveStart(row, [x.invert(px), y.invert(py)]),
    });
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
    const colors = getComputedStyle(root);
    pieces = runs.flatMap((each, index) => {
      const rows = each ? each.points[0].length / 2 : 0;
      const color = colors.getPropertyValue(COLORS[index].slice(4, -1));
      return Array.from({ length: rows }, (_, row) =>
        piece(each.points.map((point) => point.slice(2 * row, 2 * row + 2)), index, color),
      );
    });
    const scale = devicePixelRatio || 1;
    for (const each of [pen, stamp]) {
      const { canvas } = each;
      canvas.width = Math.round(canvas.clientWidth * scale);
      canvas.height = Math.round(canvas.clientHeight * scale);
      each.setTransform(scale, 0, 0, scale, ...corner.map((v) => -scale * v));
    }
    pen.lineJoin = "round";
    stamp.strokeStyle = colors.getPropertyValue("--md-default-bg-color") || "white";
    stamp.lineWidth = 1.5;
    drawnTo = Infinity;
    showWays();
  }

  /** A way in pixels, with its length up to each place, by which its dashes go on. */
  function piece(points, index, color) {
    const lost = points.findIndex((point) => !point.every(Number.isFinite));
    const places = Array.from(lost < 0 ? points : points.slice(0, lost), ([a, b]) => [far(x(a)), far(y(b))]);
    let length = 0;
    const along = places.map(([px, py], k) =>
      k ? (length += Math.hypot(px - places[k - 1][0], py - places[k - 1][1])) : 0,
    );
    const dash = (DASHES[index] ?? "").split(" ").filter(Boolean).map(Number);
    return { places, along, color, dash };
  }

  /** Draw the ways to step t: while it plays, only what is new. */
  function showWays() {
    const dotted = t <= DOTTED;
    const begun = t < drawnTo || dotted !== drawnTo <= DOTTED ? 0 : drawnTo;
    if (!begun) pen.clearRect(...corner, ways.width, ways.height);
    stamp.clearRect(...corner, ends.width, ends.height);
    drawnTo = t;
    for (const { places, along, color, dash } of pieces) {
      const last = Math.min(t, places.length - 1);
      const fresh = places.slice(Math.min(begun, last), last + 1);
      pen.strokeStyle = pen.fillStyle = stamp.fillStyle = color;
      pen.lineWidth = 1.8;
      pen.setLineDash(dash);
      pen.lineCap = dash.length ? "butt" : "round";
      pen.lineDashOffset = along[Math.min(begun, last)];
      pen.beginPath();
      for (const place of fresh) pen.lineTo(...place);
      pen.stroke();
      pen.beginPath();
      if (dotted)
        for (const [px, py] of fresh) {
          pen.moveTo(px, py);
          pen.arc(px, py, 2.1, 0, 7);
        }
      pen.fill();
      stamp.beginPath();
      stamp.arc(...places[last], 5.5, 0, 7);
      stamp.fill();
      stamp.stroke();
    }
  }

  // ---- what stands below the picture
  const losses = chart({ label: words.lossChart, log: true, xLabel: "t", yLabel: words.lossChart });
  const lengths = chart({ label: words.lengthChart, log: true, xLabel: "t", yLabel: words.lengthChart });
  const stateChart = chart({ label: words.stateChart, xLabel: "t" });
  const stateBar = el("div", { class: "explore-bar" });
  const stateless = el("p", { class: "explore-stateless" }, words.noState);
  const table = el("table", { class: "explore-table" });
  const summary = el("p", { class: "explore-hidden", "aria-live": "polite" });
  const { fold: torch, refresh: showCode } = programFold(words, () =>
    program(scene, arms.filter((each) => fits(scene, each)), t),
  );

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
      ...(available.length ? [labelled("state", what)] : []),
    );
    stateChart.box.hidden = !available.length;
    stateless.hidden = available.length > 0;
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
    const rows = cells.map((row, index) => [index, title(index), ...row]);
    fillTable(table, caption, head, rows.filter((row) => row.length > 2));
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
    const { rule } = arms[index];
    const pairs = (each) => Object.entries({ ...RULES[rule].options, ...each.options });
    return tell(rule, pairs(arms[index]), arms.filter((each) => each.rule === rule).map(pairs));
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
  const { back, forward, scrub, counter, set: setStep } = stepper(
    words,
    (by) => show(t + by, true),
    (k) => show(k, true),
  );
  const toStart = button(words.toStart, icon("toStart"), () => show(0, true));
  const play = button(words.play, icon("play"), () => (playing ? pause() : start()));
  scrub.addEventListener("change", say);

  function pause() {
    cancelAnimationFrame(playing);
    clearTimeout(playing);
    playing = 0;
    play.replaceChildren(icon("play"));
    play.setAttribute("aria-label", words.play);
    drawWays(); // in one piece
    writeNumbers();
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

  let written = 0;
  const tableSeen = inView(table, showNumbers);

  /** Write where things are: not in each frame while it plays, which would lay out the page. */
  function writeNumbers() {
    written = performance.now();
    setStep(t, scene.steps);
    if (!playing || tableSeen()) showNumbers();
  }

  /** Show step k: the only thing that happens in each frame. */
  function show(k, byHand = false) {
    if (byHand && playing) pause();
    t = Math.min(Math.max(k, 0), scene.steps);
    showWays();
    for (const each of [losses, lengths, stateChart]) each.mark(t, playing);
    if (!playing || performance.now() - written >= PAUSE) writeNumbers();
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
      ...others.map(([name, value]) => setting(arm, name, value)),
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

  function setting(arm, name, initial) {
    return option({
      name,
      value: arm.options[name] ?? initial,
      choices: name === "line_search_fn" ? [["", "None"], ["strong_wolfe", "strong_wolfe"]] : null,
      text: (v) => (v === null ? "None" : plain(v)),
      parse(text) {
        if (/^none$/i.test(text) && initial === null) return null;
        return text !== "" && allowed(name, Number(text)) ? Number(text) : undefined;
      },
      set(v) {
        arm.options[name] = v === "" ? null : v;
        if (arm.options[name] === initial) delete arm.options[name];
        run();
      },
    });
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
    svg.setAttribute("aria-label", words.plot(words.surfaces[scene.surface]));
    if (width) {
      drawSurface();
      drawWays();
      drawStarts();
    }
    drawCharts();
    drawTable();
    show(t);
    if (started || small) save();
  }

  let started = false;
  const player = el("div", { class: "explore-player" }, toStart, back, play, forward, scrub, counter);
  if (small) {
    const names = arms.map((_, index) => el("span", {}, swatch(index), ` ${title(index)}`));
    root.replaceChildren(
      picture,
      player,
      el("p", { class: "explore-names" }, ...names, whole),
      summary,
    );
  } else {
    root.replaceChildren(
      sceneBar,
      said,
      el("div", { class: "explore-main" }, el("div", {}, picture, player, moreBar), cards),
      el("div", { class: "explore-scroll", tabindex: 0, role: "region", "aria-label": words.table }, table),
      el(
        "div",
        { class: "explore-charts" },
        losses.box,
        lengths.box,
        el("div", {}, stateBar, stateChart.box, stateless),
      ),
      torch,
      summary,
    );
  }
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
  const painted = new MutationObserver(() => width && drawWays());
  painted.observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  started = true;
  await reveal(root);
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
