// A complete program in PyTorch that prints the numbers that the schedule explorer shows.
import { LAMBDAS, MOMENTUM, RULES, WHOLE, float, optionsOf } from "./schedulers.js";

/** An option's value as Python writes it. */
function python(name, value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return `"${value}"`;
  if (Array.isArray(value)) return `[${value.join(", ")}]`;
  return WHOLE.test(name) ? String(value) : float(value);
}

/** The call that makes a scheduler, broken where its line has no room for what follows. */
function construct(curve, indent, lead = 0) {
  const { rule, parts } = curve;
  const { options, needs } = RULES[rule];
  const o = optionsOf(curve);
  const list = rule === "ChainedScheduler" ? [] : ["optimizer"];
  const deep = `\n${indent}        `;
  if (parts)
    list.push(`[${parts.map((part) => `${deep}${construct(part, deep.slice(1))},`).join("")}\n${indent}    ]`);
  for (const name of Object.keys(options)) {
    if (name === "lr_lambda") list.push(`lambda t: ${LAMBDAS[rule][o[name]][1](o.T)}`);
    else if (name !== "T" && (o[name] !== options[name] || needs?.includes(name)))
      list.push(`${name}=${python(name, o[name])}`);
  }
  const line = `lr_scheduler.${rule}(${list.join(", ")})`;
  if (!parts && indent.length + lead + line.length < 88) return line;
  return `lr_scheduler.${rule}(${list.map((each) => `\n${indent}    ${each},`).join("")}\n${indent})`;
}

/** The program that follows the curves to step t; `raises` where one of them ends before. */
export function program({ lr, steps, knots, noise }, curves, t, raises) {
  const makers = curves.map((each) => `    lambda optimizer: ${construct(each, "    ", 18)},\n`).join("");
  const plateau = makers.includes("ReduceLROnPlateau");
  const pieces = knots.length - 1;
  const metrics = `knots = [${knots.map(float).join(", ")}]
metrics = []
seed = 1
for t in range(${steps}):
    i = min(${pieces} * t // ${steps}, ${pieces - 1})
    metric = knots[i] + (knots[i + 1] - knots[i]) * (${pieces} * t / ${steps} - i)
    seed = seed * 48271 % 2147483647
    metrics.append(metric + ${float(noise)} * (2 * seed / 2147483647 - 1))

`;
  const step = plateau
    ? `if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau):
            scheduler.step(metrics[t])
        else:
            scheduler.step()`
    : "scheduler.step()";
  const run = `    scheduler = make(optimizer)
    total = 0.0
    for t in range(${t}):
        total += optimizer.param_groups[0]["lr"]
        optimizer.step()
        ${step}
`;
  return `${makers.includes("math.") ? "import math\n\n" : ""}import torch
from torch.optim import lr_scheduler

${plateau ? metrics : ""}makers = [
${makers}]
for make in makers:
    theta = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([theta], lr=${float(lr)}, momentum=${MOMENTUM})
${
  raises
    ? `    try:
${run.replace(/^/gm, "    ").trimEnd()}
    except (ArithmeticError, ValueError) as error:
        print(f"{type(error).__name__}: {error}")
        continue
`
    : run
}    group = optimizer.param_groups[0]
    row = [group["lr"], total, group["momentum"]]
    print(f"{type(scheduler).__name__:27}", *(f"{x:.6e}" for x in row))
`;
}
