"""The page `errors-schedules` as a script: it prints what the page shows."""

# --8<-- [start:imports]
import io
import pickle
import warnings

import torch
from expected import expect
from torch import nn
from torch.optim import lr_scheduler

w = torch.ones(1, requires_grad=True)

# --8<-- [end:imports]

# --8<-- [start:not-an-optimizer]
with expect(TypeError) as caught:
    lr_scheduler.StepLR(nn.Linear(2, 1), step_size=3)
print(caught)

optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9)
print(lr_scheduler.StepLR(optimizer, step_size=3).get_last_lr())
# --8<-- [end:not-an-optimizer]

# --8<-- [start:verbose]
with expect(TypeError) as caught:
    lr_scheduler.StepLR(optimizer, step_size=3, verbose=True)
print(caught)

print(lr_scheduler.StepLR(optimizer, step_size=3).get_last_lr())
# --8<-- [end:verbose]

# --8<-- [start:lr-lambdas]
groups = [{"params": [torch.zeros(1)]}, {"params": [torch.zeros(1)], "lr": 0.01}]
two = torch.optim.SGD(groups, lr=0.1)
with expect(ValueError) as caught:
    lr_scheduler.LambdaLR(two, [lambda t: 0.5**t])
print(caught)

print(lr_scheduler.LambdaLR(two, lambda t: 0.5**t).get_last_lr())
# --8<-- [end:lr-lambdas]

# --8<-- [start:total-steps-missing]
with expect(ValueError) as caught:
    lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, epochs=3)
print(caught)

print(lr_scheduler.OneCycleLR(optimizer, 0.1, epochs=3, steps_per_epoch=5).total_steps)
# --8<-- [end:total-steps-missing]

# --8<-- [start:cycle-momentum]
adagrad = torch.optim.Adagrad([w])
with expect(ValueError) as caught:
    lr_scheduler.OneCycleLR(adagrad, max_lr=0.1, total_steps=10)
print(caught)

one = lr_scheduler.OneCycleLR(adagrad, 0.1, total_steps=10, cycle_momentum=False)
print(one.get_last_lr())
# --8<-- [end:cycle-momentum]

# --8<-- [start:start-factor]
for factor in (0, 2):
    with expect(ValueError) as caught:
        lr_scheduler.LinearLR(optimizer, start_factor=factor, total_iters=4)
    print(factor, caught)

fresh = torch.optim.SGD([w], lr=0.1)
print(lr_scheduler.LambdaLR(fresh, lambda t: min(t / 4, 1)).get_last_lr())
# --8<-- [end:start-factor]

# --8<-- [start:restart-period]
with expect(ValueError) as caught:
    lr_scheduler.CosineAnnealingWarmRestarts(fresh, T_0=5 / 2)
print(caught)

print(lr_scheduler.CosineAnnealingWarmRestarts(fresh, T_0=5 // 2).T_0)
# --8<-- [end:restart-period]

# --8<-- [start:milestones]
parts = [lr_scheduler.ConstantLR(fresh), lr_scheduler.ExponentialLR(fresh, 0.9)]
with expect(ValueError) as caught:
    lr_scheduler.SequentialLR(fresh, parts, milestones=[5, 10])
print(caught)

print(lr_scheduler.SequentialLR(fresh, parts, milestones=[5]).get_last_lr())
# --8<-- [end:milestones]

# --8<-- [start:scheduler-order]
optimizer = torch.optim.SGD([w], lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
with warnings.catch_warnings(action="error"), expect(UserWarning) as caught:
    scheduler.step()
print(caught)

optimizer.step()
scheduler.step()
print(scheduler.get_last_lr())
# --8<-- [end:scheduler-order]


# --8<-- [start:total-steps]
def run(steps: int, total_steps: int) -> list[float]:
    optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9)
    scheduler = lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=total_steps)
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
    return scheduler.get_last_lr()


with expect(ValueError) as caught:
    run(11, total_steps=10)
print(caught)

print(run(10, total_steps=11))
# --8<-- [end:total-steps]

# --8<-- [start:division-by-zero]
scheduler = lr_scheduler.ConstantLR(optimizer, factor=0, total_iters=2)
with expect(ZeroDivisionError) as caught:
    for _ in range(2):
        optimizer.step()
        scheduler.step()
print(caught)
with expect(ZeroDivisionError) as caught:
    lr_scheduler.CyclicLR(optimizer, 0.01, 0.1, step_size_up=0)
print(caught)

fresh = torch.optim.SGD([w], lr=0.1)
scheduler = lr_scheduler.LambdaLR(fresh, lambda t: float(t >= 2))
for _ in range(2):
    fresh.step()
    scheduler.step()
print(scheduler.get_last_lr())
# --8<-- [end:division-by-zero]


# --8<-- [start:momentum-buffer]
def schedule_late(momentum: float, **options: bool) -> float:
    v = torch.ones(1, requires_grad=True)
    v.grad = torch.ones(1)
    optimizer = torch.optim.RMSprop([v], lr=0.1, momentum=momentum)
    optimizer.step()
    lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=10, **options)
    optimizer.step()
    return optimizer.param_groups[0]["momentum"]


with expect(KeyError) as caught:
    schedule_late(momentum=0)
print(caught)

print(schedule_late(momentum=0, cycle_momentum=False))
print(schedule_late(momentum=0.9))
# --8<-- [end:momentum-buffer]

# --8<-- [start:plateau-metrics]
plateau = lr_scheduler.ReduceLROnPlateau(fresh, patience=2)
with expect(TypeError) as caught:
    plateau.step()
print(caught)

plateau.step(0.7)
print(plateau.best)
# --8<-- [end:plateau-metrics]

# --8<-- [start:sequential-plateau]
warm = lr_scheduler.LinearLR(fresh, 0.1, total_iters=2)
with expect(ValueError) as caught:
    lr_scheduler.SequentialLR(fresh, [warm, plateau], milestones=[2])
print(caught)

for step, metric in enumerate([0.9, 0.8, 0.7]):
    fresh.step()
    warm.step() if step < 2 else plateau.step(metric)
print(plateau.best, warm.last_epoch)
# --8<-- [end:sequential-plateau]

# --8<-- [start:group-after-scheduler]
optimizer = torch.optim.SGD([w], lr=0.1)
scheduler = lr_scheduler.LambdaLR(optimizer, lambda t: 0.9**t)
optimizer.add_param_group({"params": torch.zeros(1), "initial_lr": 0.1})
optimizer.step()
with expect(ValueError) as caught:
    scheduler.step()
print(caught)

optimizer = torch.optim.SGD([w], lr=0.1)
scheduler = lr_scheduler.LambdaLR(optimizer, lambda t: 0.9**t)
optimizer.add_param_group({"params": torch.zeros(1), "initial_lr": 0.1})
scheduler.base_lrs.append(0.1)
scheduler.lr_lambdas.append(lambda t: 0.9**t)
optimizer.step()
scheduler.step()
print(scheduler.get_last_lr())
# --8<-- [end:group-after-scheduler]

# --8<-- [start:epoch-argument]
optimizer = torch.optim.SGD([w], lr=0.1)
scheduler = lr_scheduler.StepLR(optimizer, step_size=2)
optimizer.step()
with warnings.catch_warnings(action="error"), expect(UserWarning) as caught:
    scheduler.step(1)
print(str(caught).partition(". ")[0])

scheduler = lr_scheduler.StepLR(optimizer, step_size=2)
optimizer.step()
scheduler.step()
print(scheduler.last_epoch, scheduler.get_last_lr())
# --8<-- [end:epoch-argument]

# --8<-- [start:get-lr]
with warnings.catch_warnings(action="error"), expect(UserWarning) as caught:
    scheduler.get_lr()
print(caught)

print(scheduler.get_last_lr())
# --8<-- [end:get-lr]

# --8<-- [start:initial-lr]
optimizer = torch.optim.SGD([w], lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10)
for _ in range(20):
    optimizer.step()
    scheduler.step()
saved = optimizer.state_dict(), scheduler.state_dict()

optimizer = torch.optim.SGD([w], lr=0.1)
with expect(KeyError) as caught:
    torch.optim.lr_scheduler.StepLR(optimizer, step_size=10, last_epoch=20)
print(caught.error.args[0])

scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10)
optimizer.load_state_dict(saved[0])
scheduler.load_state_dict(saved[1])
print(scheduler.last_epoch, scheduler.get_last_lr())
# --8<-- [end:initial-lr]

# --8<-- [start:pickle-lambda]
optimizer = torch.optim.SGD([w], lr=0.1)
scheduler = lr_scheduler.LambdaLR(optimizer, lambda t: 0.9**t)
with expect(pickle.PicklingError) as caught:
    torch.save(scheduler, io.BytesIO())
print(str(caught).partition(" at 0x")[0])

file = io.BytesIO()
torch.save(scheduler.state_dict(), file)
file.seek(0)
again = lr_scheduler.LambdaLR(torch.optim.SGD([w], lr=0.1), lambda t: 0.9**t)
print(again.load_state_dict(torch.load(file)), again.get_last_lr())
# --8<-- [end:pickle-lambda]
