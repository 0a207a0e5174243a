// Material's search worker, with queries cut into words before it sees them.
//
// Material 9.8.1 segments Chinese queries by the index, but drops the last character
// of each run; and it takes marks in a pasted error message for operators.
const SETUP = 0, QUERY = 2;
// Formulas are in the index by their signs; who types a name means the sign, too.
const SIGNS = {
  alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", eta: "η", theta: "θ",
  kappa: "κ", lambda: "λ", mu: "μ", rho: "ρ", sigma: "σ", nabla: "∇",
};
const STOP = new Set(
  ("a an and are as at be been but by can did do does for from had has have how i if in "
    + "into is it its not of on or that the their then there this to was what when where "
    + "which while who why will with you your "
    + "between compared difference different get need needed pytorch should use used "
    + "using versus vs work "
    + "怎么 怎么办 怎么样 怎样 如何 什么 为什么 吗 呢 是否 需要 要不要 区别 有 用 和 与 "
    + "的 了 是 在 还是 不同").split(" "));
const ONE_SIGN = /^[\p{sc=Han}\d]$/u;
const HAN = /\p{sc=Han}+/gu;
let separator = /\s+/, words = new Set(), longest = 1;

function learn({ config, docs }) {
  separator = new RegExp(config.separator);
  for (const { title, text } of docs)
    for (const [run] of `${title} ${text}`.matchAll(HAN)) {
      words.add(run);
      longest = Math.max(longest, Math.min(run.length, 12));
    }
}

// The fewest words of the index that make up a run of Chinese.
function segment(run) {
  const best = [[]];
  for (let end = 1; end <= run.length; end++) {
    for (let start = Math.max(0, end - longest); start < end; start++) {
      const word = run.slice(start, end);
      const known = words.has(word);
      if (!known && end - start > 1) continue;
      const cost = (best[start].cost ?? 0) + (known ? 1 : 3);
      if (!best[end] || cost < best[end].cost) {
        best[end] = [...best[start], word];
        best[end].cost = cost;
      }
    }
  }
  return best[run.length];
}

function rewrite(query) {
  if (/"|(^|\s)[+-][^\s\d]/.test(query) && query.split(/\s+/).length < 6) return query;
  const text = query
    .replace(/\b([a-z]+)(\d?)\b/gi, (name, letters, digit) => {
      const sign = SIGNS[letters.toLowerCase()];
      return sign ? `${name} ${sign}${digit}` : name;
    })
    .replace(/[εϵ]/g, " ε ϵ ") // \varepsilon and \epsilon
    .replace(/[₀-₉]/g, (digit) => "₀₁₂₃₄₅₆₇₈₉".indexOf(digit))
    .replace(HAN, (run) => ` ${segment(run).map((word) => `${word}〇`).join(" ")} `);
  const parts = text.split(separator)
    .map((part) => part.replace(/[:^~*+]/g, "").replace(/^-+/, ""))
    .filter((part) => part);
  const telling = parts.filter((part) => {
    const word = part.toLowerCase().replace("〇", "");
    return !STOP.has(word) && !ONE_SIGN.test(word);
  });
  // The word itself counts for more than words that begin like it.
  return (telling.length ? telling : parts)
    .map((part) => `${part}^4 ${part.replace(/^([a-z]{3,}[^\Wsu_])s$/i, "$1")}`)
    .join(" ");
}

const listen = self.addEventListener.bind(self);
self.addEventListener = (type, handle) => listen(type, (event) => {
  const { type: kind, data } = event.data;
  if (kind === SETUP) learn(data);
  handle(kind === QUERY ? { data: { type: kind, data: rewrite(data) } } : event);
});
