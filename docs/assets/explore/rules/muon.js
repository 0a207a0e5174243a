import { bfloat16, fma, lerp } from "../arithmetic.js";

const [A, B, C] = [3.4445, -4.775, 2.0315];
const single = Math.fround;

/** a·b of 2 × 2 matrices in bfloat16: products are exact, their sum is float32. */
function matmul(a, b, finish) {
  return [0, 1, 2, 3].map((at) => {
    const [row, column] = [at >> 1, at & 1];
    const left = a[2 * row] * b[column];
    return finish(single(left + a[2 * row + 1] * b[2 + column]), at);
  });
}

/** Bring the singular values of a 2 × 2 matrix towards 1, in bfloat16 as torch does. */
export function newtonSchulz(matrix, steps, eps) {
  let ortho = Array.from(matrix, bfloat16);
  const squares = ortho.reduce((total, x) => single(total + single(x * x)), 0);
  const length = bfloat16(Math.max(bfloat16(single(Math.sqrt(squares))), eps));
  ortho = ortho.map((x) => bfloat16(single(x / length)));
  for (let k = 0; k < steps; k++) {
    const transposed = [ortho[0], ortho[2], ortho[1], ortho[3]];
    const gram = matmul(ortho, transposed, bfloat16);
    const update = matmul(gram, gram, (sum, i) =>
      bfloat16(single(single(C * sum) + single(B * gram[i]))),
    );
    const before = ortho;
    ortho = matmul(update, ortho, (sum, i) => bfloat16(single(sum + single(A * before[i]))));
  }
  return ortho;
}

/** One step of torch.optim.Muon, for a matrix of 2 × 2. */
export function muon(param, grad, state, options) {
  const { lr, weight_decay, momentum, nesterov, ns_steps, eps } = options;
  state.momentum_buffer ??= new Float64Array(param.length);
  const buffer = state.momentum_buffer;
  for (let i = 0; i < 4; i++) buffer[i] = lerp(buffer[i], grad[i], 1 - momentum);
  const wanted = nesterov ? buffer.map((x, i) => lerp(grad[i], x, momentum)) : buffer;
  const update = newtonSchulz(wanted, ns_steps, eps);
  for (let i = 0; i < 4; i++) {
    param[i] *= 1 - lr * weight_decay;
    param[i] = fma(-lr, update[i], param[i]);
  }
}
