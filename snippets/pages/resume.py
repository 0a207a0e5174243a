"""Resume to the bit: what a checkpoint must hold, and what each missing piece costs."""

# --8<-- [start:imports]
import argparse
import copy
import io
import pickle
from dataclasses import replace
from textwrap import shorten

import torch
from expected import expect
from plotting import axes, style, svg
from torch import nn
from torch.optim import lr_scheduler
from training_loop import Settings, Trainer, sequences

# --8<-- [end:imports]

# --8<-- [start:reference]
settings = Settings(steps=60, warm_up=10)
data = sequences(256, seed=1)


def checkpoint(trainer):
    """内存里的检查点 | a checkpoint in memory"""
    parts = ("model", "optimizer", "scheduler", "ema")
    state = {name: getattr(trainer, name).state_dict() for name in parts}
    return copy.deepcopy(state | {"rng": torch.get_rng_state(), "done": trainer.done})


trainer = Trainer(settings)
for _ in range(20):
    trainer.step(data)
saved = checkpoint(trainer)
onward = [trainer.step(data)["loss"] for _ in range(20)]
end = checkpoint(trainer)
print(f"loss at step 21: {onward[0]:.6f}, at step 40: {onward[-1]:.6f}")
# --8<-- [end:reference]

# --8<-- [start:resumed]


def resume(saved, missing=""):
    """从检查点走 20 步，缺一样 | 20 steps from a checkpoint that lacks a part"""
    trainer = Trainer(settings)
    torch.manual_seed(999)  # 新的进程有别的状态 | a new process has another state
    for name, part in saved.items():
        if name == missing:
            continue
        if name == "rng":
            torch.set_rng_state(part)
        elif name == "done":
            trainer.done = part
        else:
            getattr(trainer, name).load_state_dict(copy.deepcopy(part))
    return trainer, [trainer.step(data)["loss"] for _ in range(20)]


trainer, losses = resume(saved)
print("losses equal to the bit:", losses == onward)
same = [
    torch.equal(w, end["model"][name]) for name, w in trainer.model.state_dict().items()
]
print("weights equal to the bit:", all(same))
# --8<-- [end:resumed]

# --8<-- [start:missing]


def apart(one, other):
    """相对差 | relative distance of two state dicts"""
    names = [name for name in one if "n_averaged" not in name]
    gap = sum((one[name] - other[name]).double().square().sum() for name in names)
    return (gap / sum(other[name].double().square().sum() for name in names)).sqrt()


cost, curves = {}, {}
print(f"{'missing':10} next loss   last loss   weights   average")
for missing in ("", "model", "optimizer", "scheduler", "done", "rng", "ema"):
    trainer, losses = resume(saved, missing)
    weights = apart(trainer.model.state_dict(), end["model"]).item()
    average = apart(trainer.ema.state_dict(), end["ema"]).item()
    cost[missing], curves[missing] = (weights, average), losses
    print(f"{missing or 'none':10} {losses[0]:9.4f} {losses[-1]:11.4f}", end="  ")
    print(f"{weights:9.1%} {average:8.1%}")
# --8<-- [end:missing]

# --8<-- [start:missing-figure]
figure, panel = axes(("t", "L"), height=2.4)
for number, missing in enumerate(("", "optimizer", "scheduler", "rng")):
    label = missing or "none"
    panel.plot(range(21, 41), curves[missing], **style(number), label=label)
panel.set_xticks(range(20, 41, 5))
panel.set_ylim(top=2.1)
panel.legend(loc="upper right", ncols=2)
print(svg(figure, "resumed"))
# --8<-- [end:missing-figure]

# --8<-- [start:sgd]
ends = {}
for what in ("nothing missing", "optimizer missing"):
    w = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    scheduler = lr_scheduler.StepLR(optimizer, step_size=10)
    for step in range(30):
        if step == 25:  # 中断，恢复 | interrupted and resumed
            states = copy.deepcopy((optimizer.state_dict(), scheduler.state_dict()))
            optimizer = torch.optim.SGD([w], lr=0.1)
            scheduler = lr_scheduler.StepLR(optimizer, step_size=10)
            if what == "nothing missing":
                optimizer.load_state_dict(states[0])
            scheduler.load_state_dict(states[1])
        used = optimizer.param_groups[0]["lr"]
        optimizer.zero_grad()
        (w**2).sum().backward()
        optimizer.step()
        scheduler.step()
    ends[what] = w.item()
    print(f"{what:18} lr of the last steps {used:.3f}   w {w.item():.4f}")
print("state of SGD without momentum:", states[0]["state"])
# --8<-- [end:sgd]

# --8<-- [start:loader]
from torch.utils.data import DataLoader

rows = torch.arange(12)


def loader(generator):
    return DataLoader(rows, batch_size=3, shuffle=True, generator=generator)


generator = torch.Generator().manual_seed(0)
at_start = generator.get_state()
epoch = [batch.tolist() for batch in loader(generator)]
print("whole epoch", epoch)

again = torch.Generator().manual_seed(7)
rest = [batch.tolist() for batch in loader(again)][:2]
seen = [row for batch in epoch[:2] + rest for row in batch]
print("shuffled anew after 2 batches:", 12 - len(set(seen)), "rows never seen")

again.set_state(at_start)
rest = [batch.tolist() for batch in loader(again)][2:]
print("state restored, 2 batches passed over:", rest == epoch[2:])
# --8<-- [end:loader]

# --8<-- [start:copies]
net = nn.Linear(2, 1, bias=False)
nn.init.zeros_(net.weight)
best, kept = net.state_dict(), copy.deepcopy(net.state_dict())
with torch.no_grad():
    net.weight += 1
print("state_dict", best["weight"].tolist(), "  deepcopy", kept["weight"].tolist())
# --8<-- [end:copies]

# --8<-- [start:new-lr]
old = torch.optim.AdamW([torch.zeros(1)], lr=0.001)
new = torch.optim.AdamW([torch.zeros(1)], lr=0.01, weight_decay=0.5)
new.load_state_dict(old.state_dict())
group = new.param_groups[0]
print("lr", group["lr"], "  weight_decay", group["weight_decay"])
# --8<-- [end:new-lr]

# --8<-- [start:weights-only]
file = io.BytesIO()
torch.save({"model": net.state_dict(), "args": argparse.Namespace(lr=0.1)}, file)
file.seek(0)
with expect(pickle.UnpicklingError) as caught:
    torch.load(file)
print(shorten(str(caught), 66, placeholder=" …"))

file.seek(0)
with torch.serialization.safe_globals([argparse.Namespace]):
    print(torch.load(file)["args"])
# --8<-- [end:weights-only]

# --8<-- [start:try-half]
half = replace(settings, dtype=torch.float16)
first, again = {}, {}
for what in ("before", "saved", "missing"):
    trainer = Trainer(half)
    trainer.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**24)
    if what == "saved":
        trainer.scaler.load_state_dict(first)
    begun = trainer.scaler.get_scale()
    skipped = [trainer.step(data)["ratio"] for _ in range(20)].count(0.0)
    print(f"{what:8} scale {begun:11,.0f} → {trainer.scaler.get_scale():,.0f}", end="")
    print(f"   skipped {skipped} of 20")
    again[what] = skipped
    first = first or trainer.scaler.state_dict()
print(sorted(first))
# --8<-- [end:try-half]

# --8<-- [start:try-average]
for steps in (20, 40):
    trainer, _ = resume(saved, "ema")
    for _ in range(steps - 20):
        trainer.step(data)
    twin, _ = resume(saved)
    for _ in range(steps - 20):
        twin.step(data)
    gap = apart(trainer.ema.state_dict(), twin.ema.state_dict()).item()
    print(f"{steps} steps after: {gap:.1%}   0.9 ** {steps} = {0.9**steps:.3f}")
# --8<-- [end:try-average]
