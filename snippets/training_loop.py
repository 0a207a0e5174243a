"""A training loop to take away: all that such a loop needs, in one file.

``python training_loop.py`` trains a small net in seconds on the CPU, or unchanged on a
GPU. It writes a checkpoint; stopped and started again, it goes on to the bit as if it
had not been stopped. This is a program, so unlike its neighbours it ends with lines
that run it; importing it runs nothing. Sequences obey xₜ = xₜ₋₁ + xₜ₋₂ mod 10 and have
unequal lengths, as text has.
"""

# --8<-- [start:settings]
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

IGNORED = -100  # cross_entropy 不计这个目标 | the target that cross_entropy leaves out
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


@dataclass
class Settings:
    steps: int = 160
    warm_up: int = 16
    lr: float = 4e-3
    weight_decay: float = 0.1
    micro_batches: int = 4
    sequences: int = 8
    max_norm: float = 1.0
    ema_decay: float = 0.9
    every: int = 20
    seed: int = 0
    dtype: torch.dtype = torch.float16 if DEVICE == "cuda" else torch.bfloat16


# --8<-- [end:settings]


# --8<-- [start:data]
def sequences(count: int, seed: int, length: int = 12) -> tuple[Tensor, Tensor]:
    """Return inputs and targets, both (count, length) of int64, targets padded.

    >>> inputs, targets = sequences(1, seed=0, length=5)
    >>> inputs.tolist(), targets.tolist()
    ([[4, 9, 3, 2, 5]], [[-100, 3, 2, 5, 7]])
    """
    generator = torch.Generator().manual_seed(seed)
    columns = list(torch.randint(10, (2, count), generator=generator))
    while len(columns) <= length:
        columns.append((columns[-1] + columns[-2]) % 10)
    tokens = torch.stack(columns, dim=1)
    ends = torch.randint(3, length + 1, (count, 1), generator=generator)
    places = torch.arange(length)
    known = (places > 0) & (places < ends)
    return tokens[:, :-1], torch.where(known, tokens[:, 1:], IGNORED)


def micro_batches(
    data: tuple[Tensor, Tensor], step: int, settings: Settings
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the micro-batches of a step: it alone decides, so there is no state.

    >>> data = torch.arange(8), torch.arange(8)
    >>> some = Settings(micro_batches=2, sequences=2)
    >>> [rows.tolist() for rows, _ in micro_batches(data, 0, some)]
    [[4, 0], [7, 3]]
    """
    size = settings.micro_batches * settings.sequences
    epoch, place = divmod(step, len(data[0]) // size)
    generator = torch.Generator().manual_seed(settings.seed + epoch)
    order = torch.randperm(len(data[0]), generator=generator)
    for rows in order[place * size : (place + 1) * size].split(settings.sequences):
        yield data[0][rows].to(DEVICE), data[1][rows].to(DEVICE)


# --8<-- [end:data]


# --8<-- [start:model]
class Net(nn.Module):
    """Logits (N, T, 10) for the token after each one, from it and the one before."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, width)
        self.norm = nn.LayerNorm(2 * width)
        self.hidden = nn.Linear(2 * width, 2 * width)
        self.dropout = nn.Dropout(0.1)
        self.output = nn.Linear(2 * width, 10)

    def forward(self, tokens: Tensor) -> Tensor:
        now = self.embedding(tokens)
        before = nn.functional.pad(now[:, :-1], (0, 0, 1, 0))
        x = self.norm(torch.cat([now, before], dim=-1))
        return self.output(self.dropout(torch.relu(self.hidden(x))))


# --8<-- [end:model]


# --8<-- [start:groups]
def groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Return two parameter groups: matrices decay, biases and norms do not.

    >>> [len(group["params"]) for group in groups(Net(), 0.1)]
    [3, 4]
    """
    params = [param for param in model.parameters() if param.requires_grad]
    return [
        {"params": [p for p in params if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in params if p.ndim < 2], "weight_decay": 0.0},
    ]


# --8<-- [end:groups]


# --8<-- [start:schedule]
def warm_up_cosine(step: int, warm_up: int, steps: int) -> float:
    """Return the factor of lr: up on a line, then down half a cosine to 0.

    >>> [round(warm_up_cosine(step, 4, 8), 2) for step in (0, 3, 4, 6, 8)]
    [0.25, 1.0, 1.0, 0.5, 0.0]
    >>> warm_up_cosine(8, warm_up=8, steps=8)
    1.0
    """
    if step < warm_up:
        return (step + 1) / warm_up
    down = max(1, steps - warm_up)
    return (1 + math.cos(math.pi * (step - warm_up) / down)) / 2


# --8<-- [end:schedule]


class Trainer:
    """What training carries from step to step, all of it saved and restored.

    >>> trainer = Trainer(Settings(steps=2))
    >>> sorted(trainer.step(sequences(64, seed=0)))
    ['loss', 'lr', 'norm', 'ratio', 'step']
    """

    # --8<-- [start:state]
    def __init__(self, settings: Settings) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.done = settings, 0
        self.model = Net().to(DEVICE)
        self.params = list(self.model.parameters())
        self.optimizer = torch.optim.AdamW(
            groups(self.model, settings.weight_decay), lr=settings.lr, betas=(0.9, 0.98)
        )
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer,
            lambda step: warm_up_cosine(step, settings.warm_up, settings.steps),
        )
        half = settings.dtype == torch.float16
        self.scaler = torch.amp.GradScaler(DEVICE, enabled=half)
        self.ema = AveragedModel(
            self.model, multi_avg_fn=get_ema_multi_avg_fn(settings.ema_decay)
        )

    # --8<-- [end:state]

    # --8<-- [start:backward]
    def backward(self, data: tuple[Tensor, Tensor]) -> Tensor:
        """Add up the gradient of a whole batch; return its loss for each token."""
        batches = list(micro_batches(data, self.done, self.settings))
        tokens = sum((targets != IGNORED).sum() for _, targets in batches)
        total = torch.zeros((), device=DEVICE)
        self.model.train()
        for inputs, targets in batches:
            with torch.autocast(DEVICE, self.settings.dtype):
                logits = self.model(inputs).flatten(0, 1)
            loss = cross_entropy(logits.float(), targets.flatten(), reduction="sum")
            self.scaler.scale(loss / tokens).backward()
            total += loss.detach() / tokens
        return total

    # --8<-- [end:backward]

    # --8<-- [start:step]
    def step(self, data: tuple[Tensor, Tensor]) -> dict[str, float]:
        """Make one optimizer step; return what is worth logging."""
        lr, loss = self.scheduler.get_last_lr()[0], self.backward(data)
        self.scaler.unscale_(self.optimizer)
        norm = clip_grad_norm_(self.params, self.settings.max_norm)
        before = [param.detach().clone() for param in self.params]
        scale = self.scaler.get_scale()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad()
        if self.scaler.get_scale() >= scale:  # 没有跳过 | the step was not skipped
            self.scheduler.step()
            self.ema.update_parameters(self.model)
        self.done += 1
        moved = [p.detach() - old for p, old in zip(self.params, before, strict=True)]
        ratio = total_norm(moved) / total_norm(before)
        values = self.done, loss.item(), lr, norm.item(), ratio
        return dict(zip(("step", "loss", "lr", "norm", "ratio"), values, strict=True))

    # --8<-- [end:step]

    # --8<-- [start:evaluate]
    @torch.inference_mode()
    def evaluate(self, data: tuple[Tensor, Tensor]) -> tuple[float, float]:
        """Return the averaged weights' loss and accuracy for each token."""
        inputs, targets = (part.to(DEVICE) for part in data)
        self.ema.eval()
        logits = self.ema(inputs).flatten(0, 1)
        known = targets.flatten() != IGNORED
        right = logits.argmax(-1) == targets.flatten()
        return cross_entropy(logits, targets.flatten()).item(), (
            right[known].float().mean().item()
        )

    # --8<-- [end:evaluate]

    # --8<-- [start:checkpoint]
    def save(self, path: Path) -> None:
        """Write all that the next step depends on, in place of the old file."""
        parts = ("model", "optimizer", "scheduler", "scaler", "ema")
        state = {name: getattr(self, name).state_dict() for name in parts}
        state |= {"done": self.done, "rng": torch.get_rng_state()}
        state["rng_cuda"] = torch.cuda.get_rng_state_all()
        torch.save(state, path.with_suffix(".new"))
        os.replace(path.with_suffix(".new"), path)

    def load(self, path: Path) -> None:
        """Take up what ``save`` has written, over freshly made parts."""
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.done = state.pop("done")
        torch.set_rng_state(state.pop("rng"))
        torch.cuda.set_rng_state_all(state.pop("rng_cuda"))
        for name, part in state.items():
            getattr(self, name).load_state_dict(part)

    # --8<-- [end:checkpoint]


def total_norm(tensors: list[Tensor]) -> float:
    """Return the norm of all entries of all tensors together.

    >>> total_norm([torch.tensor([3.0]), torch.tensor([[4.0]])])
    5.0
    """
    return torch.cat([tensor.flatten() for tensor in tensors]).norm().item()


# --8<-- [start:main]
def train(
    settings: Settings, path: Path, stop: float = math.inf
) -> Iterator[dict[str, float]]:
    """Yield what each step has logged; go on from the checkpoint if there is one.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for _ in range(2):
    ...         logged = train(Settings(every=1), Path(folder, "x.pt"), stop=1)
    ...         print([log["step"] for log in logged])
    [1]
    []
    """
    trainer = Trainer(settings)
    if path.exists():
        trainer.load(path)
    data, held_out = sequences(1024, seed=1), sequences(256, seed=2)
    while trainer.done < min(settings.steps, stop):
        log = trainer.step(data)
        if trainer.done % settings.every == 0:
            trainer.save(path)
            log["held_out"], log["accuracy"] = trainer.evaluate(held_out)
        yield log


# --8<-- [end:main]


if __name__ == "__main__":
    for log in train(Settings(), Path("training_loop.pt")):
        if "accuracy" in log:
            print("  ".join(f"{name} {value:.4g}" for name, value in log.items()))
