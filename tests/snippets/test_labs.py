"""What the labs say in words is what their functions return; a bad lab ends a build."""

import contextlib
import os
import re
import signal
import subprocess
import time

import choice
import names
import processes
import pytest
import race
import recall
import stacked
import torch
from muon import newton_schulz
from paired import difference
from programs import python
from project import Project, alive
from torch import nn

LAB = """---
jupyter:
  kernelspec:
    display_name: Python 3
    language: python
    name: python3
---

# demo {#demo}

```python
import index

CODE
```
"""
LONG = "print('x' * 9999)"
MUCH = "'cell-2' at docs/zh/labs/NAME.md:18: it prints more than 1,000,000 characters"


def two(code: str) -> str:
    """Return a lab of two cells, of which the second is this code."""
    return LAB.replace("CODE", f"index.x * 111\n```\n\n```python\n{code}")


def inside(scores, margin=1):
    for name, score in scores.items():
        assert margin <= score.best < len(score.lrs) - margin, f"{name}: at the end"


FLAT = ("Adafactor", "Rprop", "LBFGS")  # nearly the same for a wide range of rates


def rising(scores):
    return {name: score for name, score in scores.items() if name not in FLAT}


def beyond(scores, one, other):
    """Return whether one leads another by more than half of the 95% interval."""
    lead, half = map(float, race.lead(scores, one, other).split("±"))
    return lead > half


@pytest.fixture(scope="module")
def same_batch():
    return race.everyone(race.SAME_BATCH, range(10), [100, 300])


@pytest.fixture(scope="module")
def full_batch():
    return race.everyone(race.FULL_BATCH, range(10), [5, 100])


def test_all_of_torch_optim_race():
    everybody = {name for name in torch.optim.__all__ if name[0].isupper()}
    rules = {runner.rule.__name__ for runner in race.runners().values()}
    stacked = {"StackedAdafactor", "StackedMuonAndAdamW"}
    assert rules - stacked == everybody - {
        "Adafactor", "Muon", "SparseAdam", "Optimizer", "ParamsT"
    }  # fmt: skip
    assert stacked <= rules
    with pytest.raises(RuntimeError, match="dense gradients"):
        race.sparse_adam()


@pytest.mark.parametrize(
    ("name", "steps", "bound"),
    [("Adafactor", 50, 1e-5), ("Muon", 1, 0.015), ("Muon", 3, 0.1)],
)
def test_stacked_optimizers_step_as_torch_does(name, steps, bound):
    runner = race.runners()[name]
    runner, (x, y) = runner._replace(lrs=runner.lrs[1:3]), race.digits()["train"]
    ends = race.train(runner, [3, 4], [steps], race.digits())[steps][0]
    for row, lr in zip(ends, runner.lrs.tolist(), strict=True):
        for end, seed in zip(row, (3, 4), strict=True):
            theta = race.start(seed)
            params = [part[0] for part in race.layers(theta.view(1, -1), 64)]
            if name == "Adafactor":
                both = [torch.optim.Adafactor(params, lr)]
            else:
                muon = torch.optim.Muon(params[:1], lr, adjust_lr_fn="match_rms_adamw")
                both = [muon, torch.optim.AdamW(params[1:], lr)]
            for rows in race.order(len(y), 32 * steps, seed).split(32):
                leaf = theta.clone().view(1, 1, -1).requires_grad_()
                loss = race.losses(leaf, x[rows][None], y[rows][None])
                (grad,) = torch.autograd.grad(loss, leaf)
                for param, part in zip(params, race.layers(grad[0], 64), strict=True):
                    param.grad = part[0]
                for optimizer in both:
                    optimizer.step()
            walk = (theta - race.start(seed)).norm()
            assert (end - theta).norm() < bound * walk


@pytest.mark.once_more
def test_what_the_race_says_of_the_same_batch(same_batch):
    for scores in same_batch.values():
        inside(rising(scores))
        assert race.front(scores)[0] == "Muon"
        assert beyond(scores, "Muon", "Adam")
        for name, score in rising(scores).items():
            if score.best >= 2 and score.best + 2 < len(score.lrs):
                low, high = (score.test[score.best + k].mean() for k in (-2, 2))
                assert low > high or name in ("Muon", "RAdam"), name
        means = {name: values.mean() for name, values in race.chosen(scores).items()}
        assert max(means, key=means.get) == "Muon"
    early, late = same_batch.values()
    assert race.front(late) == ["Muon"], "clear of 0"
    assert list(race.gaps(early))[-1] == "SGD"
    assert beyond(early, "Adam", "SGD")
    assert not beyond(early, "Adam", "momentum")
    assert not beyond(early, "momentum", "Adam")
    assert race.chosen(late)["SGD"].mean() > race.chosen(late)["Adam"].mean()
    assert beyond(late, "momentum", "Adam")


@pytest.mark.once_more
def test_in_bfloat16_more_seeds_tell_muon_from_nadam_after_100_steps(
    same_batch, monkeypatch
):
    def rounded(matrix, dtype):
        return newton_schulz(matrix)

    monkeypatch.setattr(stacked, "newton_schulz", rounded)
    muon = race.run(race.runners()["Muon"], range(10), [100])[100]
    scores = {**same_batch[100], "Muon": muon}
    assert race.front(scores) == ["Muon", "NAdam"]
    assert beyond(scores, "Muon", "Adam")
    others = race.everyone(["Muon", "NAdam"], range(10, 30), [100])[100]
    assert beyond(others, "Muon", "NAdam")


@pytest.mark.once_more
def test_what_the_race_says_of_a_wrong_lr(same_batch):
    scores = same_batch[100]
    means = {name: 100 * score.test.mean(1) for name, score in scores.items()}
    tops = [means[name][score.best] for name, score in scores.items()]
    for name, score in rising(scores).items():
        if score.best + 2 < len(score.lrs):
            lost = means[name][score.best] - means[name][score.best + 2]
            assert lost > max(tops) - min(tops), name
            assert bool(lost < 20) is (name in ("Muon", "RAdam")), "they lose least"
    low = ("Adadelta", "Adagrad", "RMSprop", "Adam", "AdamW", "NAdam", "Muon")
    for name in low:
        assert means[name][scores[name].best - 2] > 70
    for steps, score in ((n, some["AdamW"]) for n, some in same_batch.items()):
        lr = score.lrs[score.best].item()
        assert 1 - (1 - 0.01 * lr) ** steps < 0.1, "less than a tenth decays"
    assert means["SGD"][scores["SGD"].best - 2] < 40
    wide = race.runners()["Adafactor"]._replace(lrs=torch.tensor([1.0, 10.0]))
    ends, *_ = race.train(wide, [0], [5], race.digits())[5]
    assert torch.equal(*ends), "beyond 1 a rate changes nothing"


@pytest.mark.once_more
def test_what_the_race_says_of_samples(same_batch, full_batch):
    single = {"SGD, 1": race.run(race.runners()["SGD, 1"], range(10), [100])[100]}
    inside(single)
    for scores in full_batch.values():
        inside(rising(scores))
    for name in ("Rprop", "LBFGS"):
        means = full_batch[100][name].test.mean(1)
        assert means.max() - means.min() < 0.02, "which rate hardly matters"
    muon = {"Muon": same_batch[100]["Muon"]}
    pair = {**full_batch[100], **muon}
    assert not beyond(pair, "GD", "Muon")
    assert not beyond(pair, "Muon", "GD")
    assert full_batch[100]["LBFGS"].samples < 100 * 597
    few = {**full_batch[5], "SGD": same_batch[100]["SGD"]}
    for name in race.FULL_BATCH:
        assert race.chosen(few)["SGD"].min() > race.chosen(few)[name].max(), name
    small = race.runners()["Rprop"]._replace(batch=32)
    for steps, score in race.run(small, range(10), [100, 300]).items():
        inside({"Rprop": score})
        mean = 100 * score.test[score.best].mean()
        assert mean < min(v.mean() for v in race.chosen(same_batch[steps]).values())
        assert 80 < mean < 88, "next to nothing is gained"


@pytest.mark.once_more
def test_what_the_race_says_of_mnist():
    found = race.everyone(race.SAME_BATCH, range(10), [100, 300], race.mnist())
    for scores in found.values():
        inside(rising(scores))
        assert race.front(scores)[0] == "Muon"
        assert beyond(scores, "Muon", "Adam")
    early, late = found.values()
    assert beyond(early, "Adam", "SGD")
    assert beyond(early, "Adam", "momentum")
    assert race.front(early) == ["Muon", "Adafactor"]
    assert sorted(race.front(late)) == ["ASGD", "Muon", "NAdam"]
    for one, other in (("Adam", "SGD"), ("Adam", "momentum")):
        assert not beyond(late, one, other)
        assert not beyond(late, other, one)


def gap(results, arm, other, steps):
    """Return the paired difference of two arms, and half of its 95 % interval."""
    return difference(results[arm, steps][0], results[other, steps][0])


@pytest.mark.once_more
def test_what_choice_says_of_wrong_targets():
    clean, spoiled = choice.outliers(0.0), choice.outliers(0.05)
    for results in (clean, spoiled):
        assert all(0 < rate < 9 for _, rate in results.values()), "at the end"
    for steps in (75, 300):
        mean, half = gap(clean, "Huber", "MSE", steps)
        assert abs(mean) < half, "cannot be told apart"
        for arm in ("Huber", "L1"):
            mean, half = gap(spoiled, arm, "MSE", steps)
            assert mean + half < -5, "far behind"
            lost = spoiled[arm, steps][0] - clean[arm, steps][0]
            assert lost.mean() < 2, "hardly noticed"
        assert spoiled["MSE", steps][1] < clean["MSE", steps][1], "a smaller rate"
    mean, half = gap(clean, "L1", "MSE", 300)
    assert half < mean < 2, "a little behind"


@pytest.mark.once_more
def test_what_choice_says_of_a_rare_class():
    found = choice.rare()
    errors, order, log = (
        found[name] for name in ("balanced error", "misranked", "log loss")
    )
    weighted = ("class weight", "pos_weight", "resampling")
    for arm in (*weighted, "plain + ln w"):
        mean, half = gap(errors, arm, "plain", 400)
        assert mean + half < -2, "far ahead"
        mean, half = gap(errors, arm, "plain + ln w", 400)
        assert abs(mean) <= half, "cannot be told from another threshold"
    for steps in (100, 400):
        mean, half = gap(errors, "focal", "plain", steps)
        assert abs(mean) < half
        for arm in ("focal", *weighted):
            mean, half = gap(order, arm, "plain", steps)
            assert mean + half > 0, "none is ahead"
        for arm in weighted:
            mean, half = gap(log, arm, "plain", steps)
            assert mean > half
            assert found["mean p / frequency"][arm, steps][0].mean() > 1.5
        assert abs(found["mean p / frequency"]["plain", steps][0].mean() - 1) < 0.1
        back = found["mean p / frequency"]["pos_weight - ln w", steps][0].mean()
        assert 0.8 < back < 0.95, "somewhat too low"
        assert gap(log, "pos_weight - ln w", "plain", steps)[0] < 0.02
    mean, half = gap(found["mean p / frequency"], "focal", "plain", 400)
    assert abs(mean) < half, "cannot be told from the plain model's"
    last = len(choice.LRS[4:]) - 1
    for name in ("misranked", "log loss"):
        assert all(0 < rate < last for _, rate in found[name].values()), "at the end"
    for (arm, _), (_, rate) in errors.items():
        assert 0 < rate < last or arm == "pos_weight - ln w", "at the end"


@pytest.mark.once_more
def test_with_ten_other_seeds_weights_rank_as_well_as_the_plain_loss():
    order = choice.rare(seeds=20)["misranked"]
    for steps in (100, 400):
        for arm in ("class weight", "pos_weight"):
            fresh = (order[each, steps][0][10:] for each in (arm, "plain"))
            mean, half = difference(*fresh)
            assert abs(mean) < half


@pytest.mark.once_more
def test_what_choice_says_of_smoothing():
    found = choice.smoothing()
    for steps in (100, 400):
        for arm in ("eps = 0.1", "eps = 0.2"):
            mean, half = gap(found["error"], arm, "eps = 0.0", steps)
            assert abs(mean) < half, "cannot be told apart"
            mean, half = gap(found["log loss"], arm, "eps = 0.0", steps)
            assert mean > half
        sure = [
            found["confidence - accuracy"][f"eps = {eps}", steps][0].mean().item()
            for eps in choice.SMOOTHING
        ]
        assert abs(sure[0]) < 2, "about as sure as it is right"
        assert sure[0] > sure[1] + 5 > sure[2] + 10, "the more, the more so"
    for results in found.values():
        assert all(0 < rate < 6 for _, rate in results.values()), "at the end"


@pytest.mark.once_more
def test_choice_sees_a_small_gain_from_smoothing_with_a_hundred_seeds():
    errors = choice.smoothing(seeds=100, marks=(100,))["error"]
    for arm in ("eps = 0.1", "eps = 0.2"):
        mean, half = gap(errors, arm, "eps = 0.0", 100)
        assert -2 < mean < -half


@pytest.mark.once_more
def test_what_recall_says_in_words():
    for lag, by_window in recall.by_lag([2, 4]).items():
        mean = {k: best.accuracy.mean().item() for k, best in by_window.items()}
        gain = {k: mean[k] - mean[k - 1] for k in recall.WINDOWS[1:]}
        assert max(gain, key=gain.get) == lag + 1
        assert mean[1] > 0.4, "above guessing"
    rows = recall.just_short(4, [120, 360]).split("\n")[2:]
    start, early, late = (
        [
            tuple(map(float, re.findall(r"0\.\d\d", cell)))
            for cell in row.split("|")[2:5]
        ]
        for row in rows
    )
    assert 0.7 < start[0][0] < 0.8, "about 3/4"
    assert late[1][0] > early[1][0] + 0.05, "the longer window goes on learning"
    assert late[0][0] < early[0][0] + 0.05, "the short one gains little"
    assert late[0][1] < start[0][0] - 0.1, "and holds less than at the start"
    assert early[2][0] < early[0][0] - 0.09, "frozen: far behind"
    assert late[0][0] - 0.07 < late[2][0] < late[0][0], "then close"
    (silent,) = recall.by_lag([3], distractors=False, windows=[1, 2, 3, 4]).values()
    assert min(best.accuracy.mean() for best in silent.values()) > 0.8
    assert min(best.accuracy.min() for best in silent.values()) < 0.5, "can fail"
    rows = recall.price([1, 24, 240])
    assert len({cells for _, cells, _ in rows.values()}) == 1
    assert rows[240][2] > 8 * rows[24][2] > 64 * rows[1][2] / 4


def test_all_cells_read_the_names_in_one_order(monkeypatch):
    read, losses = [], names.name_losses

    def listened(model, data, every):
        read.append(data.languages.tolist())
        return losses(model, data, every)

    monkeypatch.setattr(names, "name_losses", listened)
    names.by_seed([nn.RNN, nn.GRU, nn.LSTM], [3], epochs=1)
    third = len(read) // 3
    assert read[:third] == read[third : 2 * third] == read[2 * third :]


@pytest.mark.once_more
def test_what_names_says_in_words():
    runs = names.by_seed([nn.RNN, nn.GRU, nn.LSTM], [0, 1, 2])
    leads = []
    for rnn, *gated in zip(*runs.values(), strict=True):
        assert max(run.losses[-1] for run in gated) < rnn.losses[-1]
        leads.append([run.accuracy - rnn.accuracy for run in gated])
    for each in zip(*leads, strict=True):
        assert min(each) < 0 < sum(each), "on average, but not with each seed"
    assert names.batch_gap() < 1e-12
    single = names.train(nn.RNN, batch=1, epochs=1, lr=1e-3).accuracy
    lrs = (2e-3, 4e-3, 8e-3, 1.6e-2, 3.2e-2)
    batched = [names.train(nn.RNN, epochs=1, lr=lr).accuracy for lr in lrs]
    assert 0 < batched.index(max(batched)) < len(lrs) - 1, "inside the range"
    assert abs(single - max(batched)) < 0.05
    last, every = runs["GRU"][0].model, names.train(nn.GRU, every=True).model
    for letters in (1, 2, 3, 4):
        early, late = (
            names.right(model, names.split()[1], letters).float().mean()
            for model in (every, last)
        )
        assert early > late + 0.05
    early, late = (
        names.right(model, names.split()[1]).float().mean() for model in (every, last)
    )
    assert late > early + 0.05, "at the end"
    within, chance = names.kinship(last)
    assert 1.5 * chance < within < 0.5
    shares = names.confusion(last)
    irish = names.CODES.index("ga")
    assert shares[irish, irish] == shares.diagonal().max()


@pytest.mark.once_more
def test_what_processes_says_in_words():
    found = processes.launch(2)
    for name in ("equal shards", "no_sync", "sync_all", "unequal, weighted"):
        assert found[name] < 1e-12, name
    assert found["unequal"] > 0.1
    assert found["no_sync: all-reduces"] == 1 < found["sync_all: all-reduces"] == 3
    assert all(found[key] for key in found if key.endswith("same everywhere"))
    assert abs(found["clip after"] - 0.1) < 1e-6 < 0.1 - found["clip before"]
    assert found["clip after: cosine"] > 0.999999 > found["clip before: cosine"]


def module(project: Project, code: str) -> None:
    """Write a module of functions, which labs import."""
    (project.root / "snippets" / "index.py").write_text(code, "utf-8")


def lab(project: Project, text: str, name: str = "demo") -> None:
    if not (project.root / "snippets" / "index.py").exists():
        module(project, "x = 1\n")
    for language in ("zh", "en"):
        path = project.root / "docs" / language / "labs" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


PRINTS = """from IPython.display import HTML, display
for k in (1, 2):
    print(k, flush=True)
display(HTML('<b>mark</b>'))
print(3)
print('`' * 8 + '\\n<script>x</script>')"""
SHELL = "\n```bash\ntouch mark\n```\n"
BAR = "from tqdm import tqdm\nsum(tqdm(range(5), 'bar')) * 111"
GOOD = {
    "snippets": LAB.replace("CODE", "print(index.__name__ * 2)"),
    "prints": LAB.replace("CODE", PRINTS),
    "shell": LAB.replace("CODE", "1 + 1") + SHELL,
    "author": LAB.replace("CODE", "[int('x' in globals())] * 3"),
    "bar": LAB.replace("CODE", BAR),
}
AUTHORS = {  # what somebody may have in a home directory
    "startup.py": "x = 'mine'",
    "kernels/python3/kernel.json": (
        '{"argv": ["false"], "display_name": "mine", "language": "python"}'
    ),
    ".jupyter/jupyter_nbconvert_config.py": "raise SystemExit('mine')",
    ".ipython/profile_default/startup/mine.py": "x = 'mine'",
}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Return a project whose labs are built, strictly, in the home of an author."""
    project = Project(tmp_path_factory.mktemp("good"), labs=True)
    home = project.root / "home"
    for path, text in AUTHORS.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(text)
    for name, text in GOOD.items():
        lab(project, text, name)
    build = project.build(
        "--strict",
        HOME=str(home),
        JUPYTER_PATH=str(home),
        PYTHONSTARTUP=str(home / "startup.py"),
    )
    assert build.returncode == 0, build.stderr  # a bar goes to standard error
    return project


def test_a_lab_runs_once_with_the_snippets(good):
    assert "indexindex" in good.html("labs/snippets")
    assert good.html("en/labs/snippets").count("indexindex") == 1


def test_what_a_lab_prints_stands_together(good):
    html = good.html("labs/prints")
    assert "<code>1\n2\n</code>" in html
    assert html.index("2\n</code>") < html.index("<b>mark") < html.index("<code>3\n")
    assert "&lt;script&gt;x" in html
    assert "<script>x" not in html


def test_only_the_cells_of_a_lab_run(good):
    assert "touch" in good.html("labs/shell")
    assert not [*good.root.rglob("mark")]


def test_a_lab_knows_nothing_of_its_authors_jupyter(good):
    assert "[0, 0, 0]" in good.html("labs/author")


def test_progress_bars_do_not_litter_the_page(good):
    assert "1110" in good.html("labs/bar")
    assert "it/s" not in good.html("labs/bar")


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="builds are ended by signals")
@pytest.mark.parametrize("end", ["limit", "SIGKILL", "dead kernel"])
def test_what_a_lab_has_started_ends_with_it(tmp_path, end):
    project = Project(tmp_path, labs=True)
    mark = tmp_path / "mark"
    code = (
        "import os, subprocess\n"  # in a session of its own, as torchrun's are
        "child = subprocess.Popen(['sleep', '120'], start_new_session=True)\n"
        f"print(os.getpid(), child.pid, file=open({str(mark)!r}, 'w'), flush=True)\n"
        f"{'os._exit(3)' if end == 'dead kernel' else 'child.wait()'}"
    )
    lab(project, LAB.replace("CODE", code))
    build = subprocess.Popen(
        project.command("build", "-q"),
        cwd=project.root,
        env=project.environment(CELL_TIME_LIMIT="8" if end == "limit" else "60"),
        stderr=subprocess.DEVNULL,
    )
    started = []
    try:
        deadline = time.monotonic() + 40
        while len(started) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
            started = mark.read_text().split() if mark.exists() else []
        assert len(started) == 2
        if hasattr(signal, end):
            build.send_signal(getattr(signal, end))
        build.wait(30)
        while any(alive(int(pid)) for pid in started) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not any(alive(int(pid)) for pid in started)
    finally:
        build.kill()
        build.wait()
        for pid in started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def test_prose_reruns_nothing_and_code_reruns_the_lab(tmp_path):
    project = Project(tmp_path, labs=True)
    log = tmp_path / "runs"
    table = tmp_path / "table.csv"
    table.write_text("1")
    text = LAB.replace(
        "CODE",
        f"print(index.x, file=open({str(log)!r}, 'a'))\nopen({str(table)!r}).read()\n"
        "index.x",
    )

    def runs() -> int:
        build = project.build()
        assert build.returncode == 0, build.stderr
        return len(log.read_text("utf-8").splitlines())

    lab(project, text)
    assert runs() == 1
    lab(project, text + "\nMore prose.\n")
    assert runs() == 1
    assert "More prose." in project.html("labs/demo")
    module(project, "x = 1\ny = 2\n")
    assert runs() == 2, "a module that the lab imports has changed"
    lab(project, text.replace("index.x\n```", "2 * index.x\n```"))
    assert runs() == 3, "the code of the lab has changed"
    table.write_text("2")
    assert runs() == 4, "a file that the lab reads has changed"


def test_serving_a_lab_without_the_cell_that_failed_shows_the_others(tmp_path):
    project = Project(tmp_path, labs=True)
    lab(project, two("1 / 0"))
    with project.serve() as wait_for:
        wait_for("ZeroDivisionError", "labs/demo/")
        lab(project, LAB.replace("CODE", "index.x * 111") + "\nMended.\n")
        assert ">111\n" in wait_for("Mended.", "labs/demo/")


BAD = {  # what is wrong, by what is said of it
    "one": (two("1 / 0"), "'cell-2' at docs/zh/labs/one.md:18: ZeroDivision"),
    # A traceback holds the code of other cells, too.
    "traceback": (
        LAB.replace("import index\n\nCODE", "1\n```\n\n```python\n1 / 0"),
        "'cell-2' at docs/zh/labs",
    ),
    "lines": (two("raise RuntimeError('a\\nb')"), "lines.md:18: RuntimeError: a b"),
    "silent": (LAB.replace("CODE", "x = 1"), "its cells have no outputs"),
    "errors": (
        LAB.replace("CODE", "import sys\nprint(1, file=sys.stderr)"),
        "it writes to standard error",
    ),
    "later": (
        two("import sys\nprint(1, file=sys.stderr)"),
        "'cell-2' at docs/zh/labs",
    ),
    "exit": (two("import os\nos._exit(3)"), "'cell-2' at docs/zh/labs"),
    "thread": (
        two("import _thread, time\n_thread.start_new_thread(time.sleep, (60,))"),
        "it left a thread running",
    ),
    "slow": (two(f"import time\nwhile True:\n    {LONG}\n    time.sleep(0.001)"), MUCH),
    "shown": (
        two(f"for _ in range(300):\n    {LONG.replace('print', 'display')}"),
        MUCH,
    ),
    "ended": (two(f"import sys\nfor _ in range(300):\n    {LONG}\nsys.exit()"), MUCH),
    "value": (two("'x' * 1_000_000"), MUCH),
}
# As a build does, in one run that goes on after each failure, as while serving.
RUN = """
import sys
from pathlib import Path

sys.path.insert(0, "docs/hooks")
from book.live.reader import read
from book.live.run import Memory, Run, Settings, merge
from book.live.snippets import Snippets
from book.live.store import Store

snippets, cells, sources = Snippets(Path("snippets").resolve()), {}, {}
for path in sorted(Path("docs/zh/labs").glob("*.md")):
    name = f"labs/{path.stem}"
    sources[name] = path.as_posix()
    page = read(path.as_posix(), "zh", name, path.read_text("utf-8"), snippets)
    cells[name] = merge([page])
run = Run(cells, snippets, Store(None), Settings(20), Memory(), print, sources)
run.begin()
run.wait()
"""


def test_each_fault_of_a_lab_is_one_line(tmp_path):
    project = Project(tmp_path, labs=True)
    module(project, "x = 1\n")
    folder = tmp_path / "docs" / "zh" / "labs"
    folder.mkdir(parents=True)
    for name, (text, _) in BAD.items():
        (folder / f"{name}.md").write_text(text, "utf-8")
    ran = python("-c", RUN, cwd=tmp_path, known=())
    assert (ran.returncode, ran.stderr) == (0, "")
    said = sorted(ran.stdout.splitlines())
    for (name, (_, reason)), line in zip(sorted(BAD.items()), said, strict=True):
        assert line.startswith(f"docs/zh/labs/{name}.md: ")
        assert reason.replace("NAME", name) in line


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            LAB.replace("CODE", "1 / 0"),
            "'cell-1' at docs/zh/labs/demo.md:12: ZeroDivision",
        ),
        (LAB.replace("CODE", "import time\ntime.sleep(99)"), "after the limit of 2 s"),
        (LAB.replace("```", "    ```"), "demo.md:11: a cell stands between"),
        (LAB.replace("```python", "``` python"), "demo.md:11: a cell stands between"),
        (LAB.replace("language: python", "lang: python"), "front matter"),
        (LAB.replace("kernelspec", "kernel"), "front matter"),
        (LAB.partition("---\n\n")[2], "front matter"),
    ],
)
def test_a_bad_lab_ends_the_build(tmp_path, text, reason):
    project = Project(tmp_path, labs=True)
    lab(project, text)
    build = project.build(CELL_TIME_LIMIT="2" if "sleep(99)" in text else "20")
    assert build.returncode == 1
    assert len(re.findall(r"ERROR.*", build.stderr)) == 1, build.stderr
    assert reason in build.stderr
    assert "labs/demo.md" in build.stderr
    assert not (tmp_path / "site").exists()


def test_the_languages_of_a_lab_run_the_same(tmp_path):
    project = Project(tmp_path, labs=True)
    lab(project, LAB.replace("CODE", "1 + 1"))
    page = tmp_path / "docs" / "en" / "labs" / "demo.md"
    page.write_text(LAB.replace("CODE", "1 + 2"), "utf-8")
    build = project.build()
    assert build.returncode == 1
    assert "'cell-1' is not the same in all languages" in build.stderr


def test_a_lab_that_the_first_language_lacks_ends_the_build(tmp_path):
    project = Project(tmp_path, labs=True)
    lab(project, LAB.replace("CODE", "1 + 1"))
    (tmp_path / "docs" / "zh" / "labs" / "demo.md").unlink()
    build = project.build()
    assert build.returncode == 1
    assert "docs/en/labs/demo.md: there is no docs/zh/labs/demo.md" in build.stderr
    assert "Traceback" not in build.stderr
