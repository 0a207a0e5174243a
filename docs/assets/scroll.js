// A table or code that is wider than the screen scrolls inside itself: let the keyboard in.
addEventListener("load", () => {
  const sized = new ResizeObserver((entries) => {
    for (const { target } of entries)
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
  });
  const boxes = ".md-typeset__scrollwrap, .md-typeset pre > code";
  for (const box of document.querySelectorAll(boxes)) sized.observe(box);
});
