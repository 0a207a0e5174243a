// The loss explorer: losses of torch.nn along one axis, with the constant that each likes best.
import { drag, pointer, scaleLinear, select } from "../vendor/d3.js";
import {
  chart, choice, codeBlock, el, fixed, keepAddress, labelled, language, onWidth, plain, reveal, sheet,
  short, slider,
} from "./frame.js";
import { program } from "./losses/code.js";
import { AXES, LOSSES, lowest, meanLoss, optionsOf, valuesOf } from "./losses/index.js";
import { SCENES } from "./losses/scenes.js";

const MOST = 6;
const SAMPLES = 9;
const COLORS = Array.from({ length: MOST }, (_, i) => `var(--plot-${i + 1})`);
const DASHES = [null, "7 3", "2 3", "9 3 2 3", "4 4", "12 4"];
const LEFT = 46; // of the charts' margin, so that targets stand below the curves
const RIGHT = 16;

const within = (v, low, high) => Math.min(Math.max(v, low), high);
const minus = (v) => plain(v).replace("-", "−");
const tidy = (v) => Number(v.toPrecision(6));

/** The window of an axis: what it has, and room for targets that lie beyond. */
export function windowOf(axis, y) {
  const { window: [low, high], targets } = AXES[axis];
  if (targets) return [low, high];
  const room = axis === "distance" ? 0 : 1;
  return [Math.min(low, Math.min(...y) - room), Math.max(high, Math.max(...y) + 1)];
}

/** Targets as the axis can have them. */
function fit(axis, y) {
  const { targets } = AXES[axis];
  const [low, high] = targets ?? (axis === "distance" ? [0, 1e3] : [-1e3, 1e3]);
  const step = targets?.[2] ?? 0.001;
  const on = (v) => tidy((targets ? low : 0) + Math.round((v - (targets ? low : 0)) / step) * step);
  return y.slice(0, SAMPLES).map((v) => within(on(v), low, high));
}

/** What an option may be. */
export function allowed(spec, value) {
  if (typeof spec.value === "boolean") return Boolean(value);
  const v = Number(value);
  if (spec.among) return spec.among.includes(v) ? v : spec.value;
  if (!Number.isFinite(v)) return spec.value;
  return within(v, spec.least ?? -1e3, spec.most ?? 1e3);
}

function readArms(text, axis) {
  return text
    .split(";")
    .slice(0, MOST)
    .flatMap((each) => {
      const [loss, ...pairs] = each.split(",");
      if (!Object.hasOwn(LOSSES, loss) || !Object.hasOwn(LOSSES[loss].on, axis)) return [];
      const known = Object.fromEntries(optionsOf(loss, axis));
      const options = {};
      for (const pair of pairs) {
        const [name, value] = pair.split("=");
        if (!Object.hasOwn(known, name)) continue;
        const given = typeof known[name].value === "boolean" ? value === "true" : value;
        const taken = allowed(known[name], given);
        if (taken !== known[name].value) options[name] = taken;
      }
      return [{ loss, options }];
    });
}

/** What the address says; what it does not say, as the scene or the axis begins. */
export function readAddress(search) {
  const query = new URLSearchParams(search);
  const named = query.get("axis") ?? "";
  if (!Object.hasOwn(AXES, named)) return fromScene("outlier");
  const begins = AXES[named];
  const numbers = (query.get("y") ?? "").split(",").filter(Boolean).map(Number);
  const y = fit(named, numbers.length && numbers.every(Number.isFinite) ? numbers : begins.y);
  const values = { ...begins.fixed };
  for (const name of Object.keys(values)) {
    const value = Number(query.get(name));
    if (query.has(name) && Number.isFinite(value)) values[name] = within(value, -20, 20);
  }
  const window = windowOf(named, y);
  const at = Number(query.get("x"));
  const x = within(query.has("x") && Number.isFinite(at) ? at : begins.x, ...window);
  const arms = readArms(query.get("arms") ?? "", named);
  return {
    state: { axis: named, y, fixed: values, window },
    arms: arms.length ? arms : readArms(begins.arms.join(";"), named),
    x,
    scaled: query.get("scaled") === "1",
  };
}

function fromScene(name) {
  const { fixed: values = {}, ...rest } = SCENES[name];
  return readAddress(new URLSearchParams({ ...rest, ...values }).toString());
}

/** The address of what is seen: what readAddress reads back. */
export function writeAddress({ state, arms, x, scaled }) {
  return {
    axis: state.axis,
    y: state.y.join(","),
    x,
    ...state.fixed,
    ...(scaled ? { scaled: 1 } : {}),
    arms: arms
      .map(({ loss, options }) =>
        [loss, ...Object.entries(options).map(([name, value]) => `${name}=${value}`)].join(","),
      )
      .join(";"),
  };
}

/** Draw the loss explorer into an element. */
export async function losses(root) {
  const { words, scenes } = await import(`./words/losses-${language()}.js`);
  const ready = Promise.all([sheet("explore.css"), sheet("losses.css")]);
  let { state, arms, x, scaled } = readAddress(location.search);
  let note = new URLSearchParams(location.search).has("axis") ? "" : "outlier";
  let found = [];
  const save = keepAddress(() => writeAddress({ state, arms, x, scaled }));
  const spec = () => AXES[state.axis];

  // ---- the charts
  const values = chart({ label: words.loss, height: 270, yLabel: words.loss, xLabel: "x" });
  const slopes = chart({ label: words.gradient, height: 190, yLabel: words.gradient, xLabel: "x" });
  const marks = el("g", { class: "explore-seen" });
  const pulls = el("g", { class: "explore-seen" });
  const zero = el("line", { class: "explore-zero" });
  values.svg.append(marks);
  slopes.svg.append(zero, pulls);

  /** x follows the finger, or the mouse while a button is down. */
  for (const { svg, scales } of [values, slopes]) {
    svg.classList.add("explore-read");
    const follow = (event) => moveTo(scales().x.invert(pointer(event, svg)[0]));
    svg.addEventListener("pointerdown", (event) => {
      svg.setPointerCapture(event.pointerId);
      follow(event);
    });
    svg.addEventListener("pointermove", (event) => event.buttons && follow(event));
  }

  function moveTo(value) {
    x = tidy(within(Math.round(value / spec().step) * spec().step, ...state.window));
    xBox.replaceChildren(xSlider());
    showAt();
    save();
  }

  /** The factor by which a curve is drawn: 1, or such that it fills the height. */
  function drawCurves() {
    const [low, high] = state.window;
    const grid = Array.from({ length: 241 }, (_, k) => low + ((high - low) * k) / 240);
    const near = state.y.filter((v) => v > low && v < high).flatMap((v) => [v - 1e-9, v, v + 1e-9]);
    const points = [...grid, ...near].sort((a, b) => a - b);
    found = arms.map((arm) => {
      const mean = meanLoss(state, arm);
      const pairs = points.map((at) => [at, ...mean(at)]);
      const finite = pairs.map((each) => each[1]).filter(Number.isFinite);
      const [least, most] = [Math.min(...finite), Math.max(...finite)];
      const factor = scaled && most > least ? 1 / (most - least) : 1;
      return { mean, pairs, least: scaled ? least : 0, factor, best: lowest(state, arm) };
    });
    const series = (pick) =>
      found.map((each, index) => ({
        values: each.pairs.map((pair) => [pair[0], pick(each, pair)]),
        color: COLORS[index], dash: DASHES[index],
      }));
    const lines = [series(height), series(steepness)];
    values.draw(lines[0], { x: state.window, y: scaled ? [-0.05, 1.05] : range(lines[0], 0, 0.93) });
    slopes.draw(lines[1], { x: state.window, y: range(lines[1], 0.04, 0.96) });
    for (const [each, text] of [[values, words.loss], [slopes, words.gradient]])
      each.svg.querySelector(".explore-label:last-of-type").textContent = scaled
        ? words.toScale(text)
        : text;
  }

  const height = ({ least, factor }, [, value]) => (value - least) * factor;
  const steepness = ({ factor }, [, , slope]) => slope * factor;

  /** From what to what an axis goes: without the last few, which may be very large. */
  function range(lines, from, to) {
    const all = lines.flatMap((each) => each.values.map(([, v]) => v)).filter(Number.isFinite);
    all.sort((a, b) => a - b);
    const at = (share) => all[Math.round(share * (all.length - 1))] ?? 0;
    const [low, high] = [Math.min(at(from), 0), Math.max(at(to), 0)];
    const room = (high - low || 1) * 0.06;
    return [low - room, high + room];
  }

  function drawMarks() {
    const { x: across, y: up } = values.scales();
    const [left, right] = state.window;
    marks.replaceChildren(
      ...found.flatMap((each, index) => {
        const { low, high, value } = each.best;
        if (low === null || low > right || high < left) return [];
        const color = `stroke: ${COLORS[index]}`;
        const at = up(height(each, [0, value]));
        if (low === high)
          return [el("circle", { class: "explore-lowest-point", cx: across(low), cy: at, r: 6, style: color })];
        const ends = [Math.max(low, left), Math.min(high, right)].map(across);
        return [el("path", { d: `M${ends[0]} ${at}H${ends[1]}`, style: color })];
      }),
      ...dots(values, height),
    );
    pulls.replaceChildren(...dots(slopes, steepness));
    const [from, to] = slopes.scales().x.range();
    const level = slopes.scales().y(0);
    Object.entries({ x1: from, x2: to, y1: level, y2: level }).forEach(([name, v]) =>
      zero.setAttribute(name, v),
    );
  }

  function dots({ scales }, pick) {
    const { x: across, y: up } = scales();
    const [floor, ceiling] = up.range();
    return found.flatMap((each, index) => {
      const v = pick(each, [x, ...each.mean(x)]);
      const cy = up(v);
      if (!(cy > ceiling - 3 && cy < floor + 3)) return [];
      return [el("circle", { cx: across(x), cy, r: 4, style: `fill: ${COLORS[index]}` })];
    });
  }

  // ---- the targets: a dot for each sample, on the axis of x where they are of its kind
  const strip = el("svg", { class: "explore-strip", role: "group", "aria-label": words.targets });
  const stripAxis = el("g");
  const handles = el("g");
  strip.append(stripAxis, handles);
  const stripBox = el("div", { class: "explore-picture" }, strip);
  let width = 0;
  let place = scaleLinear();

  const targetsOf = () => spec().targets ?? [...state.window, spec().step];

  function drawStrip() {
    if (!width) return;
    const [low, high, step] = targetsOf();
    const inner = spec().targets ? 24 : 0;
    place = scaleLinear([low, high], [LEFT + inner, width - RIGHT - inner]);
    const stacks = {};
    const levels = state.y.map((v) => (stacks[v] = (stacks[v] ?? 0) + 1) - 1);
    const floor = 30 + 17 * Math.max(0, ...levels);
    strip.setAttribute("width", width);
    strip.setAttribute("height", floor + 34);
    const count = Math.round((high - low) / step);
    const few = Array.from({ length: count + 1 }, (_, k) => low + k * step);
    const ticks = count <= 2 ? few : place.ticks(6);
    stripAxis.replaceChildren(
      el("text", { x: 4, y: floor + 4 }, "y"),
      el("line", { x1: LEFT, x2: width - RIGHT, y1: floor + 10, y2: floor + 10 }),
      ...ticks.map((v) => el("text", { x: place(v), y: floor + 27, "text-anchor": "middle" }, minus(tidy(v)))),
    );
    while (handles.children.length > state.y.length) handles.lastChild.remove();
    while (handles.children.length < state.y.length) handles.append(handle(handles.children.length));
    [...handles.children].forEach((each, i) => {
      const v = state.y[i];
      each.setAttribute("transform", `translate(${place(v)},${floor - 17 * levels[i]})`);
      const said = { valuemin: low, valuemax: high, valuenow: v, valuetext: `y = ${short(v)}` };
      for (const [name, text] of Object.entries(said)) each.setAttribute(`aria-${name}`, text);
      each.setAttribute("aria-label", words.target(i + 1));
    });
  }

  /** A sample's target: dragged, or moved by arrow keys. */
  function handle(i) {
    const made = el(
      "g",
      { tabindex: 0, role: "slider", class: "explore-target" },
      el("circle", { r: 13, class: "explore-grip" }),
      el("circle", { r: 7 }),
    );
    made.addEventListener("keydown", (event) => {
      const [low, high, step] = targetsOf();
      const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      const ends = { Home: low, End: high };
      if (!by && !(event.key in ends)) return;
      event.preventDefault();
      const size = spec().targets || event.shiftKey ? step : 5 * step;
      moveTarget(i, by ? state.y[i] + by * size : ends[event.key]);
    });
    select(made).call(
      drag().on("drag", (event) => {
        const [low, , step] = targetsOf();
        const from = spec().targets ? low : 0;
        const to = place.invert(pointer(event.sourceEvent, strip)[0]);
        moveTarget(i, from + Math.round((to - from) / step) * step);
      }),
    );
    return made;
  }

  function moveTarget(i, value) {
    const [low, high] = targetsOf();
    state.y[i] = fit(state.axis, [within(value, low, high)])[0];
    listField.value = state.y.map(plain).join(", ");
    run();
  }

  // ---- numbers
  const table = el("table", { class: "explore-table" });
  const caption = el("caption");
  const summary = el("p", { class: "explore-hidden", "aria-live": "polite" });
  const { block: codeBox, set: setCode } = codeBlock(words);
  let cells = [];

  /** A loss's name, with the options that are set or that tell it from others of its name. */
  function title(index) {
    const { loss, options } = arms[index];
    const twins = arms.filter((each) => each.loss === loss).map(valuesOf);
    const own = valuesOf(arms[index]);
    const shown = optionsOf(loss, state.axis)
      .map(([name]) => name)
      .filter((name) => name in options || twins.some((each) => each[name] !== own[name]));
    return [loss, ...shown.map((name) => `${name}=${plain(own[name])}`)].join(" ");
  }

  function lowestText(index) {
    const { side, ...best } = found[index].best;
    if (best.low === null) return words.falls(side);
    const [low, high] = [best.low, best.high].map((v) => Number(v.toFixed(9)));
    const named = LOSSES[arms[index].loss].best?.(state.y, valuesOf(arms[index]), state.axis);
    if (low === high) return named ? words.at(short(low), words.best[named]) : short(low);
    if (low === -Infinity && high === Infinity) return words.flat;
    if (high === Infinity) return words.from(short(low));
    if (low === -Infinity) return words.upTo(short(high));
    return words.between(short(low), short(high));
  }

  function swatch(index) {
    const line = {
      x1: 0, x2: 26, y1: 5, y2: 5, style: `stroke: ${COLORS[index]}`, "stroke-width": 3,
      "stroke-dasharray": DASHES[index],
    };
    const attributes = { width: 26, height: 10, "aria-hidden": "true", class: "explore-swatch" };
    return el("svg", attributes, el("line", line));
  }

  function drawTable() {
    const head = [words.name, words.loss, words.gradient, words.lowest];
    cells = arms.map((_, index) => [el("td"), el("td"), el("td", {}, lowestText(index))]);
    const rows = cells.map((row, index) =>
      el("tr", {}, el("th", { scope: "row" }, swatch(index), ` ${title(index)}`), ...row),
    );
    table.replaceChildren(
      caption,
      el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, ...rows),
    );
  }

  /** What depends on x alone. */
  function showAt() {
    values.mark(x);
    slopes.mark(x);
    drawMarks();
    caption.textContent = words.numbers(plain(x), state.y.length);
    found.forEach(({ mean }, index) =>
      mean(x).forEach((v, k) => (cells[index][k].textContent = fixed(v))),
    );
    if (torch.open) setCode(program(state, arms, x));
    clearTimeout(saying);
    saying = setTimeout(say, 400);
  }

  let saying;

  /** In words, for who does not see the curves; once things have come to rest. */
  function say() {
    const list = found.map(({ mean }, index) => {
      const [value, slope] = mean(x);
      return words.arm(title(index), short(value), short(slope), lowestText(index));
    });
    summary.textContent = words.summary(plain(x), state.y.map(short).join(", "), list);
  }

  const torch = el("details", { class: "explore-torch" });
  torch.addEventListener("toggle", () => torch.open && setCode(program(state, arms, x)));

  // ---- the controls
  const sceneBar = el("div", { class: "explore-bar explore-scene" });
  const moreBar = el("div", { class: "explore-bar explore-scene" });
  const xBox = el("span");
  const cards = el("div", { class: "explore-cards" });
  const said = el("p", { class: "explore-note", "aria-live": "polite" });
  const listField = el("input", { type: "text", class: "explore-list" });
  listField.addEventListener("change", () => {
    const list = listField.value.split(/[\s,;，、；]+/).filter(Boolean).map(Number);
    setTargets(list.length && list.every(Number.isFinite) ? list : state.y);
  });

  function setTargets(list) {
    state.y = fit(state.axis, list);
    state.window = windowOf(state.axis, state.y);
    x = within(x, ...state.window);
    listField.value = state.y.map(plain).join(", ");
    xBox.replaceChildren(xSlider());
    run();
  }

  const xSlider = () =>
    slider({
      label: "x", min: state.window[0], max: state.window[1], step: spec().step, value: x,
      onchange: (v) => {
        x = within(v, ...state.window);
        showAt();
        save();
      },
    });

  function drawScene() {
    const list = [["", words.scenes], ...Object.keys(SCENES).map((name) => [name, scenes[name][0]])];
    const pick = choice(list, note, (name) => {
      if (!name) return;
      ({ state, arms, x, scaled } = fromScene(name));
      note = name;
      drawAll();
    });
    const axis = choice(Object.entries(words.axes), state.axis, (name) => {
      ({ state, arms, x, scaled } = readAddress(`axis=${name}`));
      note = "";
      drawAll();
    });
    const box = el("input", { type: "checkbox", checked: scaled });
    box.addEventListener("change", () => {
      scaled = box.checked;
      run();
    });
    sceneBar.replaceChildren(
      labelled(words.scene, pick),
      labelled(words.axis, axis),
      labelled(words.scaled, box, "explore-check"),
    );
    said.textContent = note ? scenes[note][1] : words.about[state.axis];
  }

  function drawMore() {
    const button = (sign, text, onclick) =>
      el("button", { type: "button", "aria-label": text, title: text, onclick }, sign);
    const more = button("+", words.more, () =>
      state.y.length < SAMPLES && setTargets([...state.y, state.y.at(-1)]),
    );
    const fewer = button("−", words.fewer, () =>
      state.y.length > 1 && setTargets(state.y.slice(0, -1)),
    );
    listField.value = state.y.map(plain).join(", ");
    const list = labelled(words.targets, listField, "explore-targets");
    list.append(fewer, more);
    xBox.replaceChildren(xSlider());
    moreBar.replaceChildren(
      xBox,
      list,
      ...Object.entries(state.fixed).map(([name, value]) =>
        slider({
          label: name, min: -5, max: 5, step: 0.1, value,
          onchange: (v) => {
            state.fixed[name] = within(v, -20, 20);
            run();
          },
        }),
      ),
    );
  }

  function drawCards() {
    cards.replaceChildren(...arms.map(card));
    if (arms.length < MOST) {
      const add = el("button", { type: "button", class: "explore-add" }, `+ ${words.add}`);
      add.addEventListener("click", () => {
        const used = new Set(arms.map(({ loss }) => loss));
        const names = here();
        arms.push({ loss: names.find((name) => !used.has(name)) ?? names[0], options: {} });
        drawCards();
        run();
        cards.children[arms.length - 1].querySelector("select").focus();
      });
      cards.append(add);
    }
  }

  const here = () => Object.keys(LOSSES).filter((name) => state.axis in LOSSES[name].on);

  function card(arm, index) {
    const choose = choice(
      here().map((name) => [name, words.names[name] ?? name]),
      arm.loss,
      (loss) => {
        arms[index] = { loss, options: {} };
        drawCards();
        run();
        cards.children[index].querySelector("select").focus();
      },
      { "aria-label": `${words.name} ${index + 1}` },
    );
    const label = `${words.remove} ${index + 1} ${arm.loss}`;
    const remove = el("button", { type: "button", "aria-label": label, title: words.remove }, "×");
    remove.addEventListener("click", () => {
      arms.splice(index, 1);
      drawCards();
      run();
    });
    const head = [swatch(index), choose, arms.length > 1 ? remove : null];
    return el(
      "div",
      { class: "explore-card", style: `--arm: ${COLORS[index]}` },
      el("div", { class: "explore-head" }, ...head),
      ...optionsOf(arm.loss, state.axis).map(([name, each]) => option(arm, name, each)),
    );
  }

  function option(arm, name, each) {
    const value = valuesOf(arm)[name];
    const set = (v) => {
      const taken = allowed(each, v);
      if (taken === each.value) delete arm.options[name];
      else arm.options[name] = taken;
      run();
    };
    if (typeof each.value === "boolean") {
      const box = el("input", { type: "checkbox", checked: value });
      box.addEventListener("change", () => set(box.checked));
      return labelled(name, box, "explore-option");
    }
    if (each.among)
      return labelled(name, choice(each.among.map((v) => [v, v]), value, set), "explore-option");
    if (each.max !== undefined) return slider({ label: name, ...each, value, onchange: set });
    const field = el("input", { type: "text", inputmode: "decimal", class: "explore-number", value: plain(value) });
    field.addEventListener("change", () => {
      if (field.value.trim() !== "") set(field.value);
      field.value = plain(valuesOf(arm)[name]);
    });
    return labelled(name, field, "explore-option");
  }

  // ---- all of it
  let started = false;

  /** Compute anew and draw what depends on it. */
  function run() {
    drawCurves();
    drawStrip();
    drawTable();
    const names = arms.map((_, index) => title(index)).join(", ");
    values.say(words.plot(words.loss, names));
    slopes.say(words.plot(words.gradient, names));
    showAt();
    if (started) save();
  }

  function drawAll() {
    drawScene();
    drawMore();
    drawCards();
    run();
  }

  torch.append(el("summary", {}, words.asTorch), el("p", {}, words.asTorchNote), codeBox);
  root.replaceChildren(
    sceneBar,
    said,
    moreBar,
    el("div", { class: "explore-main" }, el("div", {}, values.box, stripBox, slopes.box), cards),
    el("div", { class: "explore-scroll", tabindex: 0, role: "region", "aria-label": words.table }, table),
    torch,
    summary,
  );
  root.classList.add("explore");
  await ready;
  drawAll();
  onWidth(stripBox, (value) => {
    width = value;
    drawStrip();
  });
  for (const each of [values, slopes])
    each.onresize(() => {
      each.mark(x);
      drawMarks();
    });
  started = true;
  await reveal(root);
}
