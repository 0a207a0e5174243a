"""The training loop stops and goes on to the bit, and needs all that it saves."""

import inspect
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import training_loop
from programs import python
from torch import nn
from training_loop import Settings, Trainer, micro_batches, sequences, train

SMALL = Settings(steps=24, warm_up=4, every=5)
DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}
PARTS = ["model", "optimizer", "scheduler", "ema", "rng", "done"]


def final(path):
    return torch.load(path, weights_only=True)


def flat(value):
    """Return a checkpoint as one list of bytes and values."""
    if isinstance(value, torch.Tensor):
        return [value.dtype, tuple(value.shape), value.detach().numpy().tobytes()]
    if isinstance(value, dict):
        return [flat(part) for item in value.items() for part in item]
    if isinstance(value, list | tuple):
        return [flat(part) for part in value]
    return [repr(value)]


def interrupted(settings, folder, change=lambda state: None):
    """Train, stop at step 15, change the checkpoint, and go on in fresh objects."""
    path = folder / "loop.pt"
    logs = list(train(settings, path, stop=15))
    state = final(path)
    change(state)
    torch.save(state, path)
    torch.manual_seed(12345)  # what another program would have drawn
    return logs + list(train(replace(settings), path)), path


@pytest.mark.parametrize("dtype", DTYPES)
def test_it_goes_on_to_the_bit(dtype, tmp_path):
    settings = replace(SMALL, steps=25, dtype=DTYPES[dtype])
    whole = list(train(settings, tmp_path / "whole.pt"))
    logs, path = interrupted(settings, tmp_path)
    assert logs == whole
    assert flat(final(path)) == flat(final(tmp_path / "whole.pt"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "whole.pt"
    return list(train(replace(SMALL, steps=25), path)), flat(final(path))


@pytest.mark.parametrize("part", PARTS)
def test_it_needs_each_part_of_the_checkpoint(part, whole, tmp_path):
    settings = replace(SMALL, steps=25)

    def forget(state):
        fresh = Trainer(settings)
        torch.manual_seed(999)
        state[part] = (
            {"rng": torch.get_rng_state(), "done": 0}[part]
            if part in ("rng", "done")
            else getattr(fresh, part).state_dict()
        )

    logs, path = interrupted(settings, tmp_path, forget)
    assert (logs, flat(final(path))) != whole


def test_it_needs_the_scalers_state(tmp_path):
    settings = replace(SMALL, dtype=torch.float16)
    trainer, other = Trainer(settings), Trainer(settings)
    trainer.scaler = torch.amp.GradScaler("cpu", init_scale=128.0)
    trainer.step(sequences(64, seed=1))
    trainer.save(tmp_path / "x.pt")
    other.load(tmp_path / "x.pt")
    assert other.scaler.get_scale() == trainer.scaler.get_scale() == 128.0


def test_a_killed_program_goes_on_to_the_bit(tmp_path):
    script = Path(training_loop.__file__)
    env = {"OMP_NUM_THREADS": "1"}
    (tmp_path / "whole").mkdir()
    assert not python(script, cwd=tmp_path / "whole", **env).returncode
    path = tmp_path / "killed" / "training_loop.pt"
    path.parent.mkdir()
    command = [sys.executable, script]
    killed = subprocess.Popen(command, cwd=path.parent, env=os.environ | env)
    while not path.exists():
        assert killed.poll() is None
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert final(path)["done"] < Settings().steps
    assert not python(script, cwd=path.parent, **env).returncode
    whole = final(tmp_path / "whole" / "training_loop.pt")
    assert flat(final(path)) == flat(whole)


def test_it_learns(tmp_path):
    *_, last = train(Settings(), tmp_path / "x.pt")
    assert last["accuracy"] > 0.99


def test_accumulation_is_the_gradient_of_the_whole_batch():
    settings = replace(SMALL, dtype=torch.bfloat16)
    data = sequences(64, seed=1)
    trainer = Trainer(settings)
    for module in trainer.model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    trainer.backward(data)
    added = [param.grad.clone() for param in trainer.params]
    trainer.optimizer.zero_grad()
    trainer.settings = replace(settings, micro_batches=1, sequences=32)
    trainer.backward(data)
    for one, other in zip(added, trainer.params, strict=True):
        assert torch.allclose(one, other.grad, atol=2e-3)
    rows = torch.cat([part for part, _ in micro_batches(data, 0, settings)])
    assert len(rows) == 32


def test_a_skipped_step_moves_neither_schedule_nor_average():
    trainer = Trainer(replace(SMALL, dtype=torch.float16))
    trainer.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**60)  # too large
    before = flat(trainer.model.state_dict())
    log = trainer.step(sequences(64, seed=1))
    assert log["ratio"] == 0
    assert flat(trainer.model.state_dict()) == before
    assert trainer.scheduler.last_epoch == 0
    assert trainer.ema.n_averaged == 0


def test_it_is_short():
    source = inspect.getsource(training_loop)
    code = [line for line in source.split("\n") if line.strip() and "8<" not in line]
    assert len(code) < 240
