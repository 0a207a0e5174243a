(() => {
  const page = document.documentElement.lang.slice(0, 2), home = "HOME";
  let kept;
  try { kept = localStorage; kept.getItem("language"); } catch { return; }
  // The switch: remember the choice, and go to the heading that is being read.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a.md-select__link[hreflang]");
    if (!link) return;
    try { kept.setItem("language", link.hreflang); } catch { /* full or read-only */ }
    link.hash = location.hash;
  }, true);
  // The first visit to the home page, once; a link to any other page is followed.
  if (!home || kept.getItem("language") || /bot|crawl|spider/i.test(navigator.userAgent))
    return;
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2))
    .find((tag) => tag === "zh" || tag === "en") ?? page;
  try { kept.setItem("language", wanted); } catch { return; }
  if (wanted !== page) location.replace(home + location.search + location.hash);
})();
