"""The page `vanishing` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import math
from functools import partial

import torch
from torch import nn
from vanishing import (
    DEEP,
    clipped_step,
    deep_net,
    early_share,
    initial_norms,
    layer_norms,
    norms_by_distance,
    open_gate,
    rate,
    recurrent_matrix,
    scaled,
    spectral_radius,
    typical,
)

# --8<-- [end:imports]

# --8<-- [start:repeated]
for factor in (0.5, 0.9, 1.0, 1.1, 1.5):
    print(f"{factor}   {factor**40:.1e}")
# --8<-- [end:repeated]

# --8<-- [start:rates]
matrices = {
    f"ρ = {radius}": recurrent_matrix(radius) for radius in (0.5, 0.9, 1.1, 1.5, 3.0)
}
torch.manual_seed(0)
w_hh = nn.RNN(64, 64).weight_hh_l0.detach().double()
matrices["weight_hh"] = w_hh
default_radius = spectral_radius(w_hh)

linear, tanh, rates = {}, {}, {}
print("           linear  tanh")
for name, w_hh in matrices.items():
    linear[name] = norms_by_distance(w_hh, lambda z: z)
    tanh[name] = norms_by_distance(w_hh, torch.tanh)
    rates[name] = rate(linear[name], 50, 100), rate(tanh[name], 50, 100)
    print(f"{name:11}{rates[name][0]:.3f}   {rates[name][1]:.3f}")
# --8<-- [end:rates]

# --8<-- [start:distance-figure]
from plotting import axes, style, svg

label = "‖∂v·h(T)/∂h(T−k)‖"
figure, *panels = axes(("k", label), ("k", label), yscale="log")
for panel, title, norms in zip(panels, ("linear", "tanh"), (linear, tanh), strict=True):
    for number, (name, values) in enumerate(norms.items()):
        panel.plot(values, label=name, **style(number))
    panel.set(title=title, ylim=(1e-16, 1e16), xlim=(0, 100))
    panel.legend(loc="center left", bbox_to_anchor=(1, 0.5))
print(svg(figure, "distance"))
# --8<-- [end:distance-figure]

# --8<-- [start:default-rates]
saturated = norms_by_distance(matrices["weight_hh"], torch.tanh, scale=3**-0.5)
smaller = rate(saturated, 50, 100)
print(f"weight_hh, x / sqrt(3): {smaller:.3f}")

default = {}
for n_input in (64, 16):
    found = initial_norms(lambda n=n_input: nn.RNN(n, 64))
    default[n_input] = sorted(rate(row, 10, 50) for row in found)
    low, high = default[n_input][0], default[n_input][-1]
    print(f"nn.RNN({n_input}, 64), ten seeds: {low:.3f} … {high:.3f}")
# --8<-- [end:default-rates]

# --8<-- [start:clipping]
clipping, share = {}, {}
for radius in (0.5, 1.2):
    norm, _, loss, after = clipped_step(radius, max_norm=torch.inf)
    _, clipped, _, saved = clipped_step(radius, max_norm=10.0)
    clipping[radius] = norm, clipped, loss, after, saved
    share[radius] = early_share(radius)
    print(f"ρ = {radius}")
    print(f"  norm {norm:.3g}, clipped {clipped:.3g}")
    print(f"  from uses 1 … 30 of 40: {share[radius]:.1e}")
    print(f"  loss {loss:.4g}, after a step {after:.4g}")
    print(f"  after a clipped step {saved:.4g}")
# --8<-- [end:clipping]

# --8<-- [start:gates-setup]
builds = {("RNN", None): lambda: nn.RNN(16, 64)}
for kind in (nn.LSTM, nn.GRU):
    name = kind.__name__
    builds[name, None] = partial(kind, 16, 64)
    for bias in (1.0, 3.0, 5.0):
        builds[name, bias] = lambda k=kind, b=bias: open_gate(k(16, 64), b)
# --8<-- [end:gates-setup]

# --8<-- [start:gate-rates]
gates, spans = {}, {}
print("cell b k = 0   k = 40  rate  of ten seeds  σ(b)")
for (name, bias), build in builds.items():
    found = initial_norms(build)
    norms = gates[name, bias] = typical(found)
    each = spans[name, bias] = sorted(rate(row, 10, 50) for row in found)
    row = f"{norms[0]:.1e} {norms[40]:.1e} {rate(norms, 10, 50):.3f}"
    row += f" {each[0]:.3f} … {each[-1]:.3f}"
    if bias is None:
        print(f"{name:6} {row}")
    else:
        print(f"{name:4} {bias:.0f} {row} {1 / (1 + math.exp(-bias)):.3f}")
# --8<-- [end:gate-rates]

# --8<-- [start:gates-figure]
label = "‖∂v·h(T)/∂x(T−k)‖"
figure, *panels = axes(("k", label), ("k", label), yscale="log")
for panel, kind in zip(panels, ("LSTM", "GRU"), strict=True):
    chosen = [key for key in gates if key[0] in ("RNN", kind)]
    for number, (name, bias) in enumerate(chosen):
        text = name if bias is None else f"b = {bias:g}"
        panel.plot(gates[name, bias][:61], label=text, **style(number))
    panel.set(title=kind, ylim=(1e-16, 10))
    panel.legend(loc="center left", bbox_to_anchor=(1, 0.5))
print(svg(figure, "gates"))
# --8<-- [end:gates-figure]

# --8<-- [start:scaled]
large = {}
print("W_hh    RNN     GRU     LSTM    GRU, 5  LSTM, 5")
for factor in (1, 4, 8):
    for name, bias in gates:
        if bias in (None, 5.0):
            build = builds[name, bias]
            norms = initial_norms(lambda f=factor, b=build: scaled(b(), f), seeds=3)
            large[factor, name, bias] = typical(norms)[100].item()
    shown = [("RNN", None), ("GRU", None), ("LSTM", None), ("GRU", 5), ("LSTM", 5)]
    row = (f"{large[factor, *key]:.1e}" for key in shown)
    print(f"x {factor:<5}", *row)
# --8<-- [end:scaled]

# --8<-- [start:layers]
per_layer = {}
print(f"{'layer':16}{'1':6}{'10':6}{'20':6} mean")
for kind in DEEP:
    norms = layer_norms(deep_net(kind))
    per_layer[kind] = (norms[0] / norms[19]) ** (1 / 19)
    shown = "".join(f"{norms[number]:<6.0e}" for number in (0, 9, 19))
    print(f"{kind:16}{shown} {per_layer[kind]:.2f}")
# --8<-- [end:layers]

# --8<-- [start:try-how-far]
norms = norms_by_distance(matrices["ρ = 0.9"], lambda z: z, steps=200)
far = next(k for k, norm in enumerate(norms) if norm < 1e-6)
print("by rho alone:", math.ceil(math.log(1e-6) / math.log(0.9)))
print("measured:    ", far)
# --8<-- [end:try-how-far]

# --8<-- [start:try-shut]
shut = initial_norms(lambda: open_gate(nn.LSTM(16, 64), -2.0), seeds=3)
closed = rate(typical(shut), 10, 30)
print(f"b = -2: rate {closed:.3f}")
# --8<-- [end:try-shut]

# --8<-- [start:try-orthogonal]
torch.manual_seed(0)
orthogonal = nn.init.orthogonal_(torch.empty(64, 64, dtype=torch.float64))
for name, activation in (("linear", lambda z: z), ("tanh", torch.tanh)):
    norms = norms_by_distance(orthogonal, activation)
    print(f"{name:6} after 100 steps {norms[100].item():.1e}")
# --8<-- [end:try-orthogonal]
