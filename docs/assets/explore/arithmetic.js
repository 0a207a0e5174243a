// What float64 arithmetic in C has and JavaScript lacks, so that results agree with torch.

const bits = new BigInt64Array(1);
const float = new Float64Array(bits.buffer);

/** Split a product into its rounded value and the error of that rounding (Veltkamp). */
function product(a, b) {
  const p = a * b;
  const ca = 134217729 * a;
  const cb = 134217729 * b;
  const ah = ca - (ca - a);
  const bh = cb - (cb - b);
  const al = a - ah;
  const bl = b - bh;
  return [p, al * bl - (p - ah * bh - al * bh - ah * bl)];
}

/** Split a sum into its rounded value and the error of that rounding (Knuth). */
function sum(a, b) {
  const s = a + b;
  const c = s - a;
  return [s, a - (s - c) + (b - c)];
}

/** Add, and where the sum is not exact, give the neighbour whose last bit is 1. */
function addToOdd(a, b) {
  const [s, rest] = sum(a, b);
  float[0] = s;
  if (rest !== 0 && (bits[0] & 1n) === 0n) bits[0] += rest > 0 === s > 0 ? 1n : -1n;
  return float[0];
}

/** a·b + c, rounded once (Boldo and Melquiond 2008, Emulation of FMA). */
export function fma(a, b, c) {
  const [high, low] = product(a, b);
  const plain = high + c;
  if (!(Math.abs(plain) < 1e290) || !Number.isFinite(low)) return plain;
  const [top, rest] = sum(c, low);
  const [value, error] = sum(high, top);
  return value + addToOdd(error, rest);
}

/** torch's lerp: start + weight (end − start), from the nearer end. */
export function lerp(start, end, weight) {
  return weight < 0.5
    ? fma(weight, end - start, start)
    : fma(weight - 1, end - start, end);
}

/** base^n for a whole n ≥ 0, rounded once, as C's pow gives it but in rare cases. */
export function power(base, n) {
  let [high, low] = [1, 0];
  let [square, error] = [base, 0];
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2) [high, low] = times(high, low, square, error);
    if (left > 1) [square, error] = times(square, error, square, error);
  }
  return high + low;
}

function times(a, aLow, b, bLow) {
  const [p, e] = product(a, b);
  return sum(p, e + (a * bLow + aLow * b));
}

/** Round to bfloat16: float32 first, then to 8 bits, to the even one of two. */
export function bfloat16(x) {
  const single = new Float32Array([x]);
  const whole = new Uint32Array(single.buffer);
  if (Number.isFinite(x)) whole[0] = (whole[0] + 0x7fff + ((whole[0] >>> 16) & 1)) & ~0xffff;
  return single[0];
}
