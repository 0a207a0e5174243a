// Redraws the figure in [data-correction] for the betas that two sliders give.
// Without this script the figure stands as it was drawn.

/** How many times too long step t is without bias correction, eps left aside. */
function correctionFactor(t, beta1, beta2) {
  return (1 - beta1 ** t) / Math.sqrt(1 - beta2 ** t);
}

/** Of the steps 1, …, last: the worst one, and the first that stays within 1 %. */
function correctionSteps(beta1, beta2, last) {
  let worst = 1;
  let within = 1;
  let most = -1;
  for (let t = 1; t <= last; t++) {
    const factor = correctionFactor(t, beta1, beta2);
    const off = Math.abs(Math.log(factor));
    if (off > most + 1e-12) [worst, most] = [t, off];
    if (Math.abs(factor - 1) > 0.01) within = t + 1;
  }
  return { worst, within };
}

/** Map (t, factor) to a place on logarithmic axes, from two marks that are known. */
function correctionPlace([first, second], [from, to]) {
  return (point) =>
    point.map((value, axis) => {
      const share = Math.log(value / first[axis]) / Math.log(second[axis] / first[axis]);
      return from[axis] + share * (to[axis] - from[axis]);
    });
}

function correctionControls(root) {
  const { betas, last, marks } = JSON.parse(root.dataset.correction);
  const uses = ["first", "worst"].map((id) => root.querySelector(`#betas-${id} use`));
  const seen = uses.map((use) => ["x", "y"].map((axis) => Number(use.getAttribute(axis))));
  const place = correctionPlace(marks, seen);
  const line = root.querySelector("#betas-way path");
  const controls = document.createElement("div");
  controls.className = "descent-controls";
  const readout = document.createElement("output");
  // Even steps of 1 − β on a logarithmic scale: 0, 0.9, 0.99, 0.999 …
  const beta = (input) => Number((1 - 10 ** -Number(input.value)).toPrecision(5));
  const slider = (name, max, value) => {
    const box = document.createElement("label");
    const input = document.createElement("input");
    const start = -Math.log10(1 - value);
    Object.assign(input, { type: "range", min: 0, max, step: 0.05, value: start });
    box.append(name, input);
    controls.append(box);
    input.addEventListener("input", draw);
    return input;
  };

  function draw() {
    const [beta1, beta2] = sliders.map(beta);
    sliders.forEach((input) => input.setAttribute("aria-valuetext", String(beta(input))));
    const point = (t) => [t, correctionFactor(t, beta1, beta2)];
    const steps = Array.from({ length: 201 }, (_, i) => last ** (i / 200));
    const way = steps.map((t) => place(point(t)).map((value) => value.toFixed(2)).join(" "));
    line.setAttribute("d", "M" + way.join("L"));
    const { worst, within } = correctionSteps(beta1, beta2, last);
    [1, worst].forEach((t, i) => {
      const [x, y] = place(point(t));
      uses[i].setAttribute("x", x);
      uses[i].setAttribute("y", y);
    });
    const times = (t) => `t = ${t}: × ${point(t)[1].toFixed(3)}`;
    const said = [`β₁ = ${beta1}, β₂ = ${beta2}`, times(1), times(worst)];
    said.push(`t ≥ ${within}: × 1 ± 0.01`);
    readout.innerHTML = said.map((each) => `<span class="nowrap">${each}</span>`).join("; ");
  }

  const sliders = [slider("β₁", 2, betas[0]), slider("β₂", 4, betas[1])];
  readout.setAttribute("aria-live", "polite");
  controls.append(readout);
  root.append(controls);
  draw();
}

if (typeof document !== "undefined") {
  document.querySelectorAll("[data-correction]").forEach(correctionControls);
}
