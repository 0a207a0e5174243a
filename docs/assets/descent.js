// Moves the path of a figure in [data-descent] by two sliders: lr and momentum.
// Without this script the figure stands as it was drawn.

/** The way of sgd on the bowl Σ λ θ² / 2: [[θ₁, θ₂], …], from the start on. */
function descentPath(curvatures, start, lr, momentum, steps) {
  const way = [start];
  let buffer = start.map(() => 0);
  for (let t = 0; t < steps; t++) {
    const theta = way[t];
    buffer = buffer.map((b, j) => momentum * b + curvatures[j] * theta[j]);
    way.push(theta.map((value, j) => value - lr * buffer[j]));
  }
  return way;
}

function descentLoss(curvatures, theta) {
  return theta.reduce((sum, value, j) => sum + (curvatures[j] * value * value) / 2, 0);
}

/** Map θ to a place in the drawing, from two marks whose θ are known: start and 0. */
function descentPlace(start, first, second) {
  return (theta) =>
    theta.map((value, j) => second[j] + ((first[j] - second[j]) * value) / start[j]);
}

function descentControls(root) {
  const { curvatures, start, steps, lr, momentum } = JSON.parse(root.dataset.descent);
  const mark = (id) => {
    const use = root.querySelector(`#playground-${id} use`);
    return [Number(use.getAttribute("x")), Number(use.getAttribute("y"))];
  };
  const place = descentPlace(start, mark("start"), mark("minimum"));
  const line = root.querySelector("#playground-way path");
  const steepest = Math.max(...curvatures);
  const controls = document.createElement("div");
  controls.className = "descent-controls";
  const readout = document.createElement("output");
  const slider = (name, label, max, value) => {
    const box = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "range", name, min: 0, max, step: 0.01, value });
    box.append(label, input);
    controls.append(box);
    input.addEventListener("input", draw);
    return input;
  };

  function draw() {
    const mu = Number(sliders.momentum.value);
    const rate = (Number(sliders.lr.value) * 2) / steepest;
    const limit = (2 * (1 + mu)) / steepest;
    const way = descentPath(curvatures, start, rate, mu, steps);
    // A path that has left stays where clipping hides it: SVG knows no 1e40.
    const clip = (value) => Math.max(-1e5, Math.min(1e5, value)).toFixed(2);
    line.setAttribute("d", "M" + way.map((at) => place(at).map(clip).join(" ")).join("L"));
    const sign = rate < limit ? "<" : rate > limit ? ">" : "=";
    const loss = descentLoss(curvatures, way[steps]).toExponential(1);
    sliders.lr.setAttribute("aria-valuetext", rate.toFixed(4));
    readout.textContent =
      `lr = ${rate.toFixed(4)} ${sign} 2(1 + μ)/L = ${limit.toFixed(4)}, ` +
      `μ = ${mu.toFixed(2)}, loss − min = ${loss} (t = ${steps})`;
  }

  const sliders = {
    lr: slider("lr", "lr / (2/L)", 2, (lr * steepest) / 2),
    momentum: slider("momentum", "μ", 0.99, momentum),
  };
  readout.setAttribute("aria-live", "polite");
  controls.append(readout);
  root.append(controls);
  draw();
}

if (typeof document !== "undefined") {
  document.querySelectorAll("[data-descent]").forEach(descentControls);
}
