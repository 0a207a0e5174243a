// Loads an explorable figure when the reader comes near it: <div data-explore="playground">.
// Without this script, and until it has come, what the page has in its place stands.
const FIGURES = {
  losses: () => import("./explore/losses.js"),
  playground: () => import("./explore/playground.js"),
  schedules: () => import("./explore/schedule_explorer.js"),
};

const seen = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      const name = target.dataset.explore;
      FIGURES[name]().then((module) => module[name](target));
    }
  },
  { rootMargin: "300px" },
);

document.querySelectorAll("[data-explore]").forEach((root) => seen.observe(root));
