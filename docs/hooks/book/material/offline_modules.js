// The offline edition: browsers load no module from file:, so each is made from its text,
// and an import map leads to it. `siteRoot` is where modules find what lies beside them.
((modules, entry) => {
  globalThis.siteRoot = new URL(ROOT, document.currentScript.src).href;
  const imports = {};
  for (const [name, text] of Object.entries(modules))
    imports[name] = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const map = { type: "importmap", textContent: JSON.stringify({ imports }) };
  document.head.append(Object.assign(document.createElement("script"), map));
  import(entry);
})(MODULES, ENTRY);
