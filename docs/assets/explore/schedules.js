// Schedules that the playground offers: each gives the rate of step t, as torch does.

export const SCHEDULES = {
  none: (lr) => () => lr,
  linear: (lr, steps) => chain(lr, (rate, t) => rate * (1 + -1 / (steps * 1 - (t - 1)))),
  cosine: (lr, steps) =>
    chain(lr, (rate, t) => {
      const angle = (k) => 1 + Math.cos((Math.PI * k) / steps);
      return (angle(t) / angle(t - 1)) * rate;
    }),
  step: (lr, steps) => {
    const size = Math.floor(steps / 3);
    return chain(lr, (rate, t) => (t % size ? rate : rate * 0.1));
  },
};

/** Rates that come each from the one before; t goes up by one from call to call. */
function chain(lr, next) {
  let rate = lr;
  return (t) => (t === 0 ? rate : (rate = next(rate, t)));
}
