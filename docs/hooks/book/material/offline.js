// The offline edition: from file: the search index is a script, which Material's script
// asks for with every page. It waits until somebody turns to the search, as in later.js.
(() => {
  const wanted = new Promise((resolve) => {
    const look = ({ target }) => {
      if (target.closest?.(".md-search, [for=__search]")) resolve();
    };
    for (const event of ["focusin", "pointerover"]) addEventListener(event, look);
    if (new URLSearchParams(location.search).has("h")) resolve();
  });
  const { head } = document;
  head.appendChild = (node) => {
    const add = () => Node.prototype.appendChild.call(head, node);
    if (!String(node.src).endsWith("/search/search_index.js")) return add();
    wanted.then(add);
    return node;
  };
})();
