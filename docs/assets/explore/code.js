// A complete program in PyTorch that prints the numbers that the playground shows.
import { python } from "./frame.js";
import { PAIRS, RULES } from "./rules/index.js";
import { SURFACES } from "./surfaces.js";

/** A number of a pair: torch refuses betas of which one is whole. */
const decimal = (x) => (Number.isInteger(x) && Math.abs(x) < 1e15 ? x.toFixed(1) : python(x));

/** The call that makes a torch optimizer: what differs from its defaults is named. */
export function construct(arm, params = "p") {
  const defaults = RULES[arm.rule].options;
  const options = { ...defaults, ...arm.options };
  const differs = (name) => options[name] !== defaults[name];
  const named = [];
  const paired = new Set();
  for (const [name, halves] of Object.entries(PAIRS)) {
    if (!halves.every((half) => half in defaults)) continue;
    halves.forEach((half) => paired.add(half));
    if (halves.some(differs))
      named.push(`${name}=(${halves.map((half) => decimal(options[half])).join(", ")})`);
  }
  const single = Object.keys(defaults).filter((name) => !paired.has(name));
  const plain = single.filter((name) => name === "lr" || differs(name));
  named.unshift(...plain.map((name) => `${name}=${python(options[name])}`));
  return `torch.optim.${arm.rule}([${params}], ${named.join(", ")})`;
}

const SCHEDULERS = {
  linear: "LinearLR(optimizer, 1.0, 0.0, total_iters=STEPS)",
  cosine: "CosineAnnealingLR(optimizer, T_max=STEPS)",
  step: "StepLR(optimizer, STEPS // 3)",
};

const NOISE = `
def noise(seed):  # about normal: twelve numbers of a generator by Park and Miller
    while True:
        total = 0.0
        for _ in range(12):
            seed = seed * 48271 % 2147483647
            total += seed / 2147483647
        yield total - 6
`;

/** The program for the arms that run, up to step t. */
export function program(scene, arms, t) {
  const surface = SURFACES[scene.surface];
  const kappa = python(scene.kappa ?? surface.kappa ?? null);
  const { sigma, schedule = "none" } = scene;
  const scheduled = schedule !== "none";
  const lines = ["import torch", ""];
  for (const [name, values] of Object.entries(surface.data ?? {}))
    lines.push(`${name} = torch.tensor(${python(values)}, dtype=torch.float64)`);
  if (sigma) lines.push(NOISE);
  const define = (head, body) => lines.push("", head, ...body.map((each) => `    ${each}`), "");
  define("def surface(theta, t):", surface.python(kappa));
  if (surface.mean) define("def mean(theta, t):", surface.mean);
  lines.push("", "arms = [");
  for (const arm of arms) lines.push(`    lambda p: ${construct(arm)},`);
  const start = [...scene.start];
  const values = start.length === 4 ? [start.slice(0, 2), start.slice(2)] : start;
  lines.push(
    "]",
    "for make in arms:",
    `    theta = torch.tensor(${python(values)}, dtype=torch.float64, requires_grad=True)`,
    "    optimizer = make(theta)",
  );
  if (scheduled)
    lines.push(
      `    scheduler = torch.optim.lr_scheduler.${SCHEDULERS[schedule].replace("STEPS", scene.steps)}`,
    );
  if (sigma) lines.push(`    random = noise(${scene.seed})`);
  lines.push(`    for t in range(${t}):`);
  if (sigma)
    lines.push(
      "        shift = torch.tensor([next(random) for _ in theta.flatten()], dtype=torch.float64)",
    );
  lines.push(
    "",
    "        def closure():",
    "            optimizer.zero_grad()",
    "            loss = surface(theta, t)",
    "            loss.backward()",
  );
  if (sigma) lines.push(`            theta.grad += ${python(sigma)} * shift.view_as(theta)`);
  lines.push("            return loss", "", "        optimizer.step(closure)");
  if (surface.box)
    lines.push("        with torch.no_grad():", `            theta.clamp_(-${surface.box}, ${surface.box})`);
  if (scheduled) lines.push("        scheduler.step()");
  lines.push(
    `    loss = ${surface.mean ? "mean" : "surface"}(theta, ${t})`,
    "    row = [*theta.flatten().tolist(), loss.item()]",
    '    print(f"{type(optimizer).__name__:10}", *(f"{x:.6e}" for x in row))',
  );
  return `${lines.join("\n").replace(/\n{3,}/g, "\n\n\n")}\n`;
}
