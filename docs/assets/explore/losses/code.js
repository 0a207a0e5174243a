// A complete program in PyTorch that prints the numbers that the loss explorer shows.
import { python } from "../frame.js";
import { AXES, LOSSES, optionsOf, valuesOf } from "./index.js";

/** The line of a program that calls torch: an expression of x and y. */
export function line({ axis, fixed }, arm) {
  const loss = LOSSES[arm.loss];
  const values = valuesOf(arm);
  if (loss.line) return loss.line(values);
  const named = optionsOf(arm.loss, axis)
    .filter(([name, { value, own }]) => !own && name !== "var" && values[name] !== value)
    .map(([name]) => {
      const value = python(values[name]);
      const text = name === "pos_weight" ? `torch.tensor(${value}, dtype=torch.float64)` : value;
      return `${name}=${text}`;
    });
  const made = loss.make ?? `nn.${arm.loss}(${[...(loss.named ?? []), ...named].join(", ")})`;
  const call = loss.call ?? ((text) => `${text}(x.expand_as(y), y)`);
  return call(made, values, axis, fixed);
}

const WEIGHTED = [
  "def weighted(module, *weights):",
  "    for parameter, weight in zip(module.parameters(), weights, strict=True):",
  "        parameter.data = weight.double()",
  "    return module", "", "",
];

/** The program: for each loss its name, the mean loss at x and the gradient. */
export function program(state, arms, x) {
  const { python: lines = () => [] } = AXES[state.axis];
  const classes = state.axis === "classes";
  const list = `[${state.y.map((each) => (classes ? each : decimal(each))).join(", ")}]`;
  return `${[
    "import torch",
    "from torch import nn",
    "",
    classes ? `y = torch.tensor(${list})` : `y = torch.tensor(${list}, dtype=torch.float64)`,
    ...lines(state.fixed),
    ...(arms.some(({ loss }) => LOSSES[loss].layer) ? WEIGHTED : []),
    "losses = [",
    ...arms.map((arm) => `    ("${arm.loss}", lambda x: ${line(state, arm)}),`),
    "]",
    "for name, loss in losses:",
    `    x = torch.tensor(${python(x)}, dtype=torch.float64, requires_grad=True)`,
    "    value = loss(x)",
    "    (grad,) = torch.autograd.grad(value, x)",
    '    numbers = (round(v.item(), 6) + 0.0 for v in (value, grad))',
    '    print(f"{name:29}", *(f"{v:15.6f}" for v in numbers))',
  ].join("\n")}\n`.replace(/\n{4,}/g, "\n\n\n");
}

/** A float as Python writes it. */
const decimal = (x) => (Number.isInteger(x) ? x.toFixed(1) : python(x));
