"""What the lab on schedules says in words is what its functions return."""

import pytest
import race
import schedule_race
from paired import difference

DOWN = [name for name in schedule_race.SCHEDULES if not name.endswith("constant")]


SEEDS = [
    pytest.param(0, id="its seeds", marks=pytest.mark.once_more),
    pytest.param(10, id="ten others", marks=pytest.mark.once_more),
]


@pytest.fixture(scope="module", params=SEEDS)
def results(request):
    """Return the scores by steps and rule, and the first seed."""
    seeds = range(request.param, request.param + 10)
    return request.param, {
        (steps, rule): schedule_race.everyone(rule, seeds, steps)
        for steps in (100, 400)
        for rule in schedule_race.RUNNERS
    }


def test_the_chosen_peaks_are_inside_their_grids(results):
    for key, scores in results[1].items():
        for name, score in scores.items():
            assert 0 < score.best < len(score.lrs) - 1, (key, name)


def test_in_a_hundred_steps_the_cosines_and_one_cycle_want_twice_the_rate(results):
    for (steps, rule), scores in results[1].items():
        if steps == 100:
            names = ("cosine", "warm-up + cosine", "one-cycle")
            lowest = min(scores[name].best for name in names)
            assert lowest > scores["constant"].best, rule


def test_at_the_constants_peak_each_that_goes_down_is_behind(results):
    for (steps, rule), scores in results[1].items():
        if steps == 100:
            at = scores["constant"].best
            means = {name: score.test[at].mean() for name, score in scores.items()}
            assert all(means[name] < means["constant"] for name in DOWN), rule


def test_with_peaks_of_their_own_the_last_three_are_ahead_but_hardly_told(results):
    first, everything = results
    hold = []
    for (steps, _), scores in everything.items():
        chosen = race.chosen(scores)
        for name in schedule_race.SCHEDULES[-3:]:
            mean, half = difference(chosen[name], chosen["constant"])
            assert mean < (1.2 if first == 0 else 2)
            if steps == 100:
                assert mean > 0
                hold.append(mean < half)
    assert len(hold) == 6
    assert all(hold) is (first == 0)


def test_no_race_has_a_single_winner(results):
    assert all(len(race.front(scores)) >= 3 for scores in results[1].values())


def test_a_peak_that_is_too_large_is_borne_by_decay_or_by_warm_up(results):
    for (steps, rule), scores in results[1].items():
        names = ["constant", "warm-up + constant", "cosine", "warm-up + cosine"]
        means = [100 * scores[name].test[-1].mean().item() for name in names]
        constant, warm, cosine, both = means
        helps, does_not = (cosine, warm) if rule == "momentum" else (warm, cosine)
        assert helps > constant + 10, (steps, rule)
        assert does_not < constant + 10, (steps, rule)
        assert both > constant + 10, (steps, rule)
        best = 100 * scores["warm-up + cosine"].test.mean(1).max().item()
        assert best - both < (best - constant) / 3, (steps, rule)


def test_a_cosine_is_half_as_fast_as_its_peak_and_the_schedules_are_as_they_are_told():
    from scheduler_run import lr_path
    from torch import zeros
    from torch.optim import SGD

    paths = {}
    for name in schedule_race.SCHEDULES:
        optimizer = SGD([zeros(1)], lr=1.0)
        paths[name] = lr_path(schedule_race.scheduler(name, 100, optimizer), 99)
        assert max(paths[name]) == pytest.approx(1.0), name
    assert sum(paths["cosine"]) / 100 == pytest.approx(0.5, abs=0.01)
    assert paths["step"][49:51] == [1.0, pytest.approx(0.1)]
    for name in ("constant", "step", "cosine"):
        warm = paths[f"warm-up + {name}"]
        assert warm[0] == 0.01
        assert warm[9] < 1.0
        assert warm[10] == pytest.approx(1.0)
    assert optimizer.param_groups[0]["momentum"] == 0
