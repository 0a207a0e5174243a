// Surfaces to descend: loss and gradient in the order in which autograd computes them, so
// that both equal torch's to the bit wherever no exp is in them.

// Every 50th patient of scikit-learn's breast_cancer: mean radius in standard deviations,
// and whether the tumour was benign.
const RADIUS = [1.1, -0.67, -0.15, -0.32, -0.54, 1.93, 1.53, -0.7, 1.07, -0.64, 0.26, -0.93];
const BENIGN = [0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1];
const [C, S] = [0.8, 0.6]; // cosine and sine of the angle in a triangle 3, 4, 5

const bowl = (kappa) => ({
  loss: ([x, y]) => (x * x + kappa * (y * y)) / 2,
  grad: ([x, y]) => [0.5 * (2 * x), 0.5 * kappa * (2 * y)],
});

/** The bowl turned by 37°, for one point or for each row of a matrix. */
const turned = (kappa) => ({
  loss(theta) {
    let total = 0;
    for (let i = 0; i < theta.length; i += 2) {
      const u = C * theta[i] + S * theta[i + 1];
      const v = C * theta[i + 1] - S * theta[i];
      total += u * u + kappa * (v * v);
    }
    return total / 2;
  },
  grad(theta) {
    const grad = new Float64Array(theta.length);
    for (let i = 0; i < theta.length; i += 2) {
      const du = 0.5 * (2 * (C * theta[i] + S * theta[i + 1]));
      const dv = 0.5 * kappa * (2 * (C * theta[i + 1] - S * theta[i]));
      grad[i] = du * C - dv * S;
      grad[i + 1] = du * S + dv * C;
    }
    return grad;
  },
});

/** One neuron with a weight and a bias: mean squared error of its sigmoid. */
const neuron = () => ({
  loss([w, b]) {
    const errors = RADIUS.map((x, i) => 1 / (1 + Math.exp(-(w * x + b))) - BENIGN[i]);
    return errors.reduce((total, e) => total + e * e, 0) / RADIUS.length;
  },
  grad([w, b]) {
    const grad = [0, 0];
    RADIUS.forEach((x, i) => {
      const s = 1 / (1 + Math.exp(-(w * x + b)));
      const slope = ((2 * (s - BENIGN[i])) / RADIUS.length) * (1 - s) * s;
      grad[0] += slope * x;
      grad[1] += slope;
    });
    return grad;
  },
});

/** Each: its formula in torch, its window, a start, its lowest points (none: no end). */
export const SURFACES = {
  bowl: {
    make: bowl,
    kappa: 25,
    python: (kappa) => ["x, y = theta", `return (x**2 + ${kappa} * y**2) / 2`],
    window: [[-6, 6], [-4, 4]],
    start: [-5, 2.5],
    lowest: [[0, 0]],
  },
  rotated: {
    make: turned,
    kappa: 25,
    python: (kappa) => [
      "x, y = theta",
      "u, v = 0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x",
      `return (u**2 + ${kappa} * v**2) / 2`,
    ],
    window: [[-6, 6], [-4, 4]],
    start: [-5, -1],
    lowest: [[0, 0]],
  },
  canyon: {
    make: () => ({
      loss: ([x, y]) => (x * x) / 20 + 2 * Math.abs(y),
      grad: ([x, y]) => [(1 / 20) * (2 * x), 2 * Math.sign(y)],
    }),
    python: () => ["x, y = theta", "return x**2 / 20 + 2 * y.abs()"],
    window: [[-6, 6], [-4, 4]],
    start: [-5, 2.5],
    lowest: [[0, 0]],
  },
  saddle: {
    make: () => ({
      loss: ([x, y]) => (x * x) / 2 + ((y * y - 5) * (y * y - 5)) / 20,
      grad: ([x, y]) => [0.5 * (2 * x), (1 / 20) * (2 * (y * y - 5)) * (2 * y)],
    }),
    python: () => ["x, y = theta", "return x**2 / 2 + (y**2 - 5) ** 2 / 20"],
    window: [[-6, 6], [-4, 4]],
    start: [-5, 0.001],
    lowest: [[0, Math.sqrt(5)], [0, -Math.sqrt(5)]],
  },
  plateau: {
    make: () => ({
      loss: ([x, y]) => 1 - 1 / (1 + x * x + 4 * (y * y)),
      grad([x, y]) {
        const inverse = 1 / (1 + x * x + 4 * (y * y));
        const slope = inverse * inverse;
        return [slope * (2 * x), slope * 4 * (2 * y)];
      },
    }),
    python: () => ["x, y = theta", "return 1 - 1 / (1 + x**2 + 4 * y**2)"],
    window: [[-6, 6], [-4, 4]],
    start: [-5, 2],
    lowest: [[0, 0]],
  },
  rosenbrock: {
    make: () => ({
      loss: ([x, y]) => (1 - x) * (1 - x) + 100 * ((y - x * x) * (y - x * x)),
      grad([x, y]) {
        const db = 100 * (2 * (y - x * x));
        return [-(2 * (1 - x)) + -db * (2 * x), db];
      },
    }),
    python: () => ["x, y = theta", "return (1 - x) ** 2 + 100 * (y - x**2) ** 2"],
    window: [[-2.1, 2.1], [-0.8, 2.6]],
    start: [-1.5, 2],
    lowest: [[1, 1]],
  },
  wells: {
    make: () => ({
      loss: ([x, y]) => (x * x - 1) * (x * x - 1) + x / 4 + y * y,
      grad: ([x, y]) => [2 * (x * x - 1) * (2 * x) + 1 / 4, 2 * y],
    }),
    python: () => ["x, y = theta", "return (x**2 - 1) ** 2 + x / 4 + y**2"],
    window: [[-2.1, 2.1], [-1.4, 1.4]],
    start: [1.9, 1.2],
    lowest: [[-1.0298959850506604, 0]],
  },
  noisy: {
    make: bowl,
    kappa: 4,
    sigma: 2,
    python: (kappa) => ["x, y = theta", `return (x**2 + ${kappa} * y**2) / 2`],
    window: [[-6, 6], [-4, 4]],
    start: [-5, 2.5],
    lowest: [[0, 0]],
  },
  reddi: {
    make: () => ({
      loss: ([x, y]) => x / 3 + (y * y) / 2,
      grad: ([, y], t) => [t % 3 ? -1 : 3, 0.5 * (2 * y)],
      stepLoss: ([x, y], t) => (t % 3 ? -1 : 3) * x + (y * y) / 2,
    }),
    python: () => [
      "x, y = theta",
      "slope = -1 if t % 3 else 3  # 1/3 on average",
      "return slope * x + y**2 / 2",
    ],
    mean: ["x, y = theta", "return x / 3 + y**2 / 2"],
    box: 1,
    window: [[-1.2, 1.2], [-1.2, 1.2]],
    start: [0.5, 0.8],
    lowest: [[-1, 0]],
  },
  neuron: {
    make: neuron,
    python: () => [
      "w, b = theta",
      "return ((torch.sigmoid(w * radius + b) - benign) ** 2).mean()",
    ],
    data: { radius: RADIUS, benign: BENIGN },
    names: ["w", "b"],
    window: [[-8, 8], [-5, 5]],
    start: [6, -3],
    lowest: [[-2.622193885865594, 0.8139753587887939]],
  },
  matrix: {
    make: turned,
    kappa: 10,
    python: (kappa) => [
      "x, y = theta.T",
      "u, v = 0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x",
      `return (u**2 + ${kappa} * v**2).sum() / 2`,
    ],
    window: [[-6, 6], [-4, 4]],
    start: [-5, -1, -2, 3],
    lowest: [[0, 0]],
  },
};
