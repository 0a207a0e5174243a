"""The training loop to take away, run, interrupted and resumed."""

# --8<-- [start:imports]
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from plotting import axes, powers, style, svg
from torch.nn.functional import cross_entropy
from training_loop import IGNORED, Settings, Trainer, micro_batches, sequences, train

# --8<-- [end:imports]

# --8<-- [start:data]
inputs, targets = sequences(3, seed=3, length=8)
print(inputs)
print(targets)
# --8<-- [end:data]

# --8<-- [start:run]
settings = Settings()
with TemporaryDirectory() as folder:
    logs = list(train(settings, Path(folder, "loop.pt")))
for log in logs:
    if "accuracy" in log:
        print(f"{log['step']:3}  loss {log['loss']:.3f}  lr {log['lr']:.5f}", end="  ")
        print(f"‖g‖ {log['norm']:.3f}  held out {log['held_out']:.3f}", end="  ")
        print(f"accuracy {log['accuracy']:.0%}")
# --8<-- [end:run]

# --8<-- [start:run-figure]
figure, left, right = axes(("t", "L"), ("t", "ratio"), columns=2, height=2.2)
steps = [log["step"] for log in logs]
left.plot(steps, [log["loss"] for log in logs], **style(0))
held_out = [log for log in logs if "accuracy" in log]
averaged = [(log["step"], log["held_out"]) for log in held_out]
left.plot(*zip(*averaged, strict=True), "o", color=style(1)["color"])
right.plot(steps, [log["ratio"] for log in logs], **style(0))
right.set_yscale("log")
powers(right.yaxis)
print(svg(figure, "loop"))
# --8<-- [end:run-figure]

# --8<-- [start:resume]
with TemporaryDirectory() as folder:
    path = Path(folder, "loop.pt")
    before = list(train(settings, path, stop=50))  # 存到第 40 步 | saved at step 40
    torch.manual_seed(123)
    after = list(train(settings, path))
print("stopped after step", before[-1]["step"], "  resumed at", after[0]["step"])
print("equal to the run that was not stopped:", before[:40] + after == logs)
# --8<-- [end:resume]

# --8<-- [start:half]
for name, dtype in {
    "bfloat16": torch.bfloat16,
    "float16 + scaler": torch.float16,
}.items():
    with TemporaryDirectory() as folder:
        path = Path(folder, "loop.pt")
        *_, last = train(replace(settings, steps=40, dtype=dtype), path)
    print(f"{name:16}  step 40  loss {last['loss']:.4f}  ‖g‖ {last['norm']:.4f}")
# --8<-- [end:half]

# --8<-- [start:try-tokens]
data = sequences(1024, seed=1)
trainer = Trainer(settings)
trainer.backward(data)
right = torch.cat([param.grad.flatten() for param in trainer.params])
trainer = Trainer(settings)  # 同样的种子与掩码 | the same seed and masks
trainer.model.train()
for part, wanted in micro_batches(data, 0, settings):
    with torch.autocast("cpu", settings.dtype):
        logits = trainer.model(part).flatten(0, 1)
    mean = cross_entropy(logits.float(), wanted.flatten())
    (mean / settings.micro_batches).backward()
    print("tokens", (wanted != IGNORED).sum().item())
mean_of_means = torch.cat([param.grad.flatten() for param in trainer.params])
off = (mean_of_means - right).norm() / right.norm()
print(f"mean of the means is off by {off:.1%}")
# --8<-- [end:try-tokens]

# --8<-- [start:try-ema]
trainer = Trainer(replace(settings, ema_decay=0.99))
for _ in range(60):
    trainer.step(data)
inputs, targets = sequences(256, seed=2)
averaged, _ = trainer.evaluate((inputs, targets))
trainer.model.eval()
with torch.inference_mode():
    logits = trainer.model(inputs).flatten(0, 1)
    now = cross_entropy(logits, targets.flatten()).item()
print(f"average {averaged:.3f}   weights {now:.3f}")
# --8<-- [end:try-ema]
