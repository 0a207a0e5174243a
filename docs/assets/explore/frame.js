// What all explorable figures share: elements, charts, numbers, the address, the player.
import { axisBottom, axisLeft, drag, line, pointer, scaleLinear, scaleLog, select } from "../vendor/d3.js";

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = new Set(["svg", "g", "path", "circle", "line", "text", "rect", "clipPath"]);
const count = { ids: 0 };

/** The language of the page: "zh" or "en". */
export const language = () => (document.documentElement.lang.startsWith("zh") ? "zh" : "en");

/** Whether the reader asked for little motion. */
export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Make an element: el("button", { type: "button", onclick }, "Play"). */
export function el(tag, attributes = {}, ...children) {
  const made = SHAPES.has(tag)
    ? document.createElementNS(SVG, tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** A name that no other element of the page has. */
export const unique = (name) => `${name}-${++count.ids}`;

/** A label and what it names, side by side. */
export function labelled(text, control, more = "") {
  control.id ||= unique("control");
  const label = el("label", { for: control.id }, text);
  return el("span", { class: `explore-field ${more}` }, label, control);
}

/** A choice of [value, text] pairs. */
export function choice(pairs, value, onchange, attributes = {}) {
  const options = pairs.map(([each, text]) =>
    el("option", { value: each, selected: String(each) === String(value) }, text),
  );
  const made = el("select", attributes, ...options);
  made.addEventListener("change", () => onchange(made.value));
  return made;
}

/** A slider over ratios or differences with a field for the very number beside it. */
export function slider({ label, min, max, value, log = false, step, format = plain, onchange }) {
  const [to, from] = log ? [Math.log10, (x) => 10 ** x] : [(x) => x, (x) => x];
  const range = el("input", {
    type: "range", min: to(min), max: to(max), step: log ? 0.02 : step, "aria-label": label,
  });
  const field = el("input", { type: "text", inputmode: "decimal", class: "explore-number" });
  const show = (x) => {
    range.value = to(Math.max(x, log ? min : -Infinity));
    range.setAttribute("aria-valuetext", format(x));
    field.value = format(x);
  };
  range.addEventListener("input", () => {
    const x = log ? Number(from(Number(range.value)).toPrecision(2)) : Number(range.value);
    field.value = format(x);
    range.setAttribute("aria-valuetext", format(x));
    onchange(x);
  });
  field.addEventListener("change", () => {
    const x = Number(field.value);
    if (field.value.trim() === "" || !Number.isFinite(x)) return show(value);
    show(x);
    onchange(x);
  });
  show(value);
  const box = labelled(label, field, "explore-slider");
  box.append(range);
  return box;
}

/**
 * A control for an option: a choice, a box to tick, or a field. `parse` reads what is
 * typed; where it gives undefined, the field keeps its value.
 */
export function option({ name, value, choices, parse, text = plain, set }) {
  if (choices) return labelled(name, choice(choices, value ?? "", set));
  if (typeof value === "boolean") {
    const box = el("input", { type: "checkbox", checked: value });
    box.addEventListener("change", () => set(box.checked));
    return labelled(name, box);
  }
  const attributes = { type: "text", inputmode: "decimal", class: "explore-number" };
  const field = el("input", { ...attributes, value: text(value) });
  field.addEventListener("change", () => {
    const typed = parse(field.value.trim());
    if (typed !== undefined) set((value = typed));
    field.value = text(value);
  });
  return labelled(name, field);
}

/** The colours and dashes that tell runs apart. */
export const COLORS = Array.from({ length: 6 }, (_, i) => `var(--plot-${i + 1})`);
export const DASHES = [null, "7 3", "2 3", "9 3 2 3", "4 4", "12 4"];

/** A short line as a run is drawn. */
export const swatch = (index) =>
  el(
    "svg",
    { width: 26, height: 10, "aria-hidden": "true", class: "explore-swatch" },
    el("line", {
      x1: 0, x2: 26, y1: 5, y2: 5, style: `stroke: ${COLORS[index]}`, "stroke-width": 3,
      "stroke-dasharray": DASHES[index],
    }),
  );

/**
 * A point of a drawing that is dragged, or moved by arrow keys: keyed(right, up, fine) and
 * dragged(x, y), in pixels of `svg`. `held` hears when a drag begins and when it is over.
 */
export function grip(svg, { label, size = 8, keyed, dragged, held = () => {}, ...attributes }) {
  const made = el(
    "g",
    {
      tabindex: 0, role: "slider", "aria-label": label, "aria-valuemin": -1e6,
      "aria-valuemax": 1e6, class: "explore-start", ...attributes,
    },
    el("circle", { r: 2 * size + 6, class: "explore-grip" }),
    el("circle", { r: size }),
  );
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  made.addEventListener("keydown", (event) => {
    if (!(event.key in ways)) return;
    event.preventDefault();
    keyed(...ways[event.key], event.shiftKey);
  });
  select(made).call(
    drag()
      .on("start", () => held(true))
      .on("drag", (event) => dragged(...pointer(event.sourceEvent, svg)))
      .on("end", () => held(false)),
  );
  return made;
}

const ICONS = {
  play: "M8 5v14l11-7z",
  pause: "M14 19h4V5h-4M6 19h4V5H6z",
  toStart: "M6 18V6h2v12zm3.5-6L18 6v12z",
};

/** A picture on a button; the button says its name. */
export const icon = (name) =>
  el(
    "svg",
    { width: 20, height: 20, viewBox: "0 0 24 24", "aria-hidden": "true" },
    el("path", { d: ICONS[name], fill: "currentColor" }),
  );

/** A number as JavaScript and Python both read it. */
export const plain = (x) => String(x).replace("e+", "e");

/** A value as Python writes it. */
export function python(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  return typeof value === "string" ? `"${value}"` : String(value);
}

/** A number as Python's f"{round(x, 6) + 0.0:.6f}" prints it. */
export function fixed(x, digits = 6) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  let text = x.toFixed(digits);
  const exact = x.toFixed(60);
  const kept = exact.slice(0, exact.indexOf(".") + 1 + digits);
  // A tie, which Python rounds to the even digit.
  if (/^50*$/.test(exact.slice(kept.length)) && /[02468]$/.test(kept)) text = kept;
  return Number(text) === 0 ? text.replace("-", "") : text;
}

/** A number as Python's f"{x:.6e}" prints it. */
export function scientific(x, digits = 6) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  const padded = (text) => text.replace(/e([+-])(\d)$/, "e$10$2");
  // Where the next digits are a five and zeros it may be a tie.
  if (!/50{11}e/.test(x.toExponential(digits + 12))) return padded(x.toExponential(digits));
  const [whole, exponent] = x.toExponential(60).split("e");
  const kept = whole.slice(0, whole.indexOf(".") + 1 + digits);
  // A tie, which Python rounds to the even digit.
  const even = /^50*$/.test(whole.slice(kept.length)) && /[02468]$/.test(kept);
  return padded(even ? `${kept}e${exponent}` : x.toExponential(digits));
}

/** A short number for a reader: 4 digits, no more. */
export function short(x) {
  if (!Number.isFinite(x)) return String(x);
  const size = Math.abs(x);
  if (x === 0 || (size >= 1e-3 && size < 1e5)) return String(Number(x.toPrecision(4)));
  return x.toExponential(2).replace("e+", "e");
}

/** Write what the figure shows into the address, without a step back in history. */
export function keepAddress(state) {
  const write = () => {
    const query = new URLSearchParams(state()).toString();
    const readable = query.replace(/%2C/g, ",").replace(/%3D/g, "=").replace(/%3B/g, ";");
    history.replaceState(history.state, "", `?${readable.replace(/%3A/g, ":")}${location.hash}`);
  };
  let waiting;
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(write, 200);
  };
}

/** A block of code with a button that copies it. */
export function codeBlock(words) {
  const code = el("code");
  const said = el("span", { role: "status", class: "explore-said" });
  const copy = el("button", { type: "button" }, words.copy);
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent);
    said.textContent = words.copied;
    setTimeout(() => (said.textContent = ""), 2000);
  });
  const box = el("pre", { tabindex: 0, "aria-label": words.code }, code);
  const block = el("div", { class: "explore-code" }, box, el("p", {}, copy, " ", said));
  return { block, set: (text) => (code.textContent = text) };
}

/** A button with a sign on it and a name for it. */
export const button = (label, sign, onclick) =>
  el("button", { type: "button", "aria-label": label, title: label, onclick }, sign);

/** What goes from step to step: by(−1 or 1), to(step); `set` says where one is. */
export function stepper(words, by, to) {
  const back = button(words.back, "−1", () => by(-1));
  const forward = button(words.forward, "+1", () => by(1));
  const scrub = el("input", { type: "range", min: 0, "aria-label": words.step });
  const counter = el("output", { class: "explore-count" });
  scrub.addEventListener("input", () => to(Number(scrub.value)));
  const set = (t, steps) => {
    scrub.max = steps;
    scrub.value = t;
    scrub.setAttribute("aria-valuetext", `${words.step} ${t}`);
    counter.textContent = `t = ${t} / ${steps}`;
  };
  return { back, forward, scrub, counter, set };
}

/** A run's name, and up to two of its [option, value] that twins of that name have not. */
export function tell(name, options, twins) {
  const tells = options.filter(([, value], i) => twins.some((each) => each[i][1] !== value));
  return [name, ...tells.slice(0, 2).map((pair) => pair.join("="))].join(" ");
}

/** Fill a table of numbers: for each run its index, its title and its cells. */
export function fillTable(table, caption, head, runs) {
  const rows = runs.map(([index, title, ...cells]) =>
    el("tr", {}, el("th", { scope: "row" }, swatch(index), ` ${title}`), ...cells),
  );
  table.replaceChildren(
    caption,
    el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, ...rows),
  );
}

/** What reads numbers of an address: number(name, fallback, low, high). */
export const numbersOf = (query) => (name, fallback, low = -Infinity, high = Infinity) => {
  const value = Number(query.get(name) || NaN);
  return Math.min(Math.max(Number.isFinite(value) ? value : fallback, low), high);
};

/** A fold with a program that is written when it is open; `refresh` writes it anew. */
export function programFold(words, write) {
  const { block, set } = codeBlock(words);
  const fold = el(
    "details",
    { class: "explore-torch" },
    el("summary", {}, words.asTorch),
    el("p", {}, words.asTorchNote),
    block,
  );
  const refresh = async () => fold.open && set(await write());
  fold.addEventListener("toggle", refresh);
  return { fold, refresh };
}

/** Show a figure once it is laid out, so that nothing in it is seen to move. */
export async function reveal(root) {
  for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
  root.dataset.ready = "";
}

/** Call back with the width of an element, now and whenever it changes. */
export function onWidth(element, callback) {
  let known = 0;
  const look = () => {
    const width = Math.round(element.clientWidth);
    if (width && width !== known) callback((known = width));
  };
  new ResizeObserver(look).observe(element);
  look();
}

/** What tells whether an element is in view; `come` is called when it comes there. */
export function inView(element, come) {
  let seen = true;
  const look = (looks) => {
    seen = looks.at(-1).isIntersecting;
    if (seen) come();
  };
  new IntersectionObserver(look).observe(element);
  return () => seen;
}

/** Ticks that do not crowd: whole powers of ten on a log axis. */
function ticks(axis, scale, log, most) {
  if (!log) return axis.ticks(most);
  const [low, high] = scale.domain().map(Math.log10);
  const every = Math.max(1, Math.ceil((high - low) / most));
  const values = [];
  for (let k = Math.ceil(low); k <= high; k++) if (k % every === 0) values.push(10 ** k);
  if (values.length < 2) return axis.ticks(3, "~g");
  return axis.tickValues(values).tickFormat((x) => x.toExponential(0).replace("e+", "e"));
}

/**
 * A chart of lines. draw(series, domains) with series [{ values: [[x, y], …], color, dash }];
 * mark(x) sets the upright line; while it moves, only where it is seen. Where log is set,
 * what is not positive is left out.
 */
export function chart({ label, height = 170, log = false, xLabel, yLabel }) {
  const svg = el("svg", { role: "img", "aria-label": label, class: "explore-chart" });
  const [grid, below, left, lines] = ["grid", "x", "y", "lines"].map((name) =>
    el("g", { class: `explore-${name}` }),
  );
  const cursor = el("div", { class: "explore-cursor" });
  const clip = el("clipPath", { id: unique("clip") }, el("rect"));
  lines.setAttribute("clip-path", `url(#${clip.id})`);
  const names = [
    el("text", { class: "explore-label", "text-anchor": "end" }, xLabel ?? ""),
    el("text", { class: "explore-label" }, yLabel ?? ""),
  ];
  svg.append(clip, grid, below, left, lines, ...names);
  const box = el("div", { class: "explore-chart-box" }, svg, cursor);
  const margin = { top: 20, right: 16, bottom: 32, left: 46 };
  let width = 0;
  let last;
  let x = scaleLinear();
  let y = scaleLinear();
  const draw = (series, domains = {}) => {
    last = [series, domains];
    if (!width) return;
    const all = series.flatMap((each) => each.values);
    const fine = all.filter(([, v]) => Number.isFinite(v) && (!log || v > 0));
    const [x0, x1] = domains.x ?? [0, Math.max(1, ...all.map(([v]) => v))];
    let [y0, y1] = domains.y ?? [Infinity, -Infinity];
    if (!domains.y) for (const [, v] of fine) [y0, y1] = [Math.min(y0, v), Math.max(y1, v)];
    if (!(y0 <= y1)) [y0, y1] = log ? [0.1, 1] : [-1, 1];
    if (log && !domains.y) [y0, y1] = [Math.max(y0, 1e-16, y1 * 1e-20), Math.min(y1, 1e12)];
    if (y0 >= y1) [y0, y1] = log ? [y1 / 10, y1 * 10] : [y0 - 1, y0 + 1];
    const [w, h] = [width - margin.left - margin.right, height - margin.top - margin.bottom];
    x = scaleLinear([x0, x1], [margin.left, margin.left + w]);
    y = (log ? scaleLog : scaleLinear)([y0, y1], [margin.top + h, margin.top]);
    if (!domains.y && !log) y.nice(4);
    for (const [name, value] of Object.entries({ width, height })) svg.setAttribute(name, value);
    const rect = clip.firstChild;
    Object.entries({ x: margin.left, y: margin.top - 1, width: w, height: h + 2 }).forEach(
      ([name, value]) => rect.setAttribute(name, value),
    );
    select(below)
      .attr("transform", `translate(0,${margin.top + h})`)
      .call(axisBottom(x).ticks(Math.max(2, w / 70)).tickSizeOuter(0));
    select(left)
      .attr("transform", `translate(${margin.left},0)`)
      .call(ticks(axisLeft(y).tickSizeOuter(0), y, log, 5));
    names[0].setAttribute("x", margin.left + w);
    names[0].setAttribute("y", height - 3);
    names[1].setAttribute("x", 4);
    names[1].setAttribute("y", 12);
    const path = line()
      .defined(([, v]) => Number.isFinite(v) && (!log || v > 0))
      .x(([v]) => x(v))
      .y(([, v]) => Math.max(-1e5, Math.min(1e5, y(v))));
    lines.replaceChildren(
      ...series.map(({ values, color, dash, wide }) =>
        el("path", {
          d: path(values), style: `stroke: ${color}`, "stroke-dasharray": dash,
          "stroke-width": wide ? 3 : null,
        }),
      ),
    );
    Object.assign(cursor.style, { top: `${margin.top}px`, height: `${h}px` });
  };
  let marked = null;
  const place = () => {
    cursor.style.transform = `translateX(${marked == null ? -10 : x(marked) - 0.5}px)`;
  };
  const seen = inView(box, place);
  const mark = (value, moving = false) => {
    marked = value;
    if (!moving || seen()) place();
  };
  const resized = [];
  onWidth(box, (value) => {
    width = value;
    if (last) draw(...last);
    resized.forEach((call) => call());
  });
  return {
    box, svg, draw, mark,
    say: (text) => svg.setAttribute("aria-label", text),
    scales: () => ({ x, y }),
    onresize: (call) => resized.push(call),
  };
}

/** Load a style sheet once. */
export function sheet(name) {
  const href = new URL(name, import.meta.url).href;
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  return new Promise((done) => {
    const link = el("link", { rel: "stylesheet", href });
    link.addEventListener("load", done);
    link.addEventListener("error", done);
    document.head.append(link);
  });
}
