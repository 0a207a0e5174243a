// Ask for the search index when somebody turns to the search, not with every page.
(() => {
  // The 404 page writes another over itself, in which this runs again.
  const asks = XMLHttpRequest.prototype;
  const { open, send } = (XMLHttpRequest.plain ??= { open: asks.open, send: asks.send });
  const wanted = new Promise((resolve) => {
    const look = ({ target }) => {
      if (target.closest?.(".md-search, [for=__search]")) resolve();
    };
    for (const event of ["focusin", "pointerover"]) addEventListener(event, look);
    if (new URLSearchParams(location.search).has("h")) resolve();
  });
  asks.open = function (method, url, ...rest) {
    this.waits = String(url).endsWith("/search/search_index.json");
    return open.call(this, method, url, ...rest);
  };
  asks.send = function (...body) {
    if (this.waits) wanted.then(() => send.apply(this, body));
    else send.apply(this, body);
  };
})();
