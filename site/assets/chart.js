/** Inline SVG charts. Independent of the page. */

const make = (node, attributes, content) => {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...content);
  return node;
};
export const element = (tag, attributes = {}, ...content) => make(document.createElement(tag), attributes, content);
export const svg = (tag, attributes = {}, ...content) =>
  make(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, content);

export const along = (i) => ({ ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: Infinity });

/** The caption tells, and leads to, the mark that is pointed at or has the focus; what was touched stays told. */
function listen(figure, caption) {
  if (figure.hint) return;
  figure.hint = caption.textContent;
  const tell = (mark = figure.querySelector("svg a:focus")) => {
    const link =
      mark && element("a", { href: mark.getAttribute("href"), tabindex: -1 }, mark.getAttribute("aria-label"));
    caption.replaceChildren(link ?? figure.hint);
  };
  for (const event of ["pointerover", "focusin"])
    figure.addEventListener(event, ({ target }) => {
      if (target.closest("svg")) tell(target.closest("a") ?? undefined);
    });
  figure.addEventListener("focusout", ({ relatedTarget }) => {
    if (!caption.contains(relatedTarget)) tell(); // else its link would be gone before the click
  });
  figure.addEventListener("pointerleave", ({ pointerType }) => {
    if (pointerType !== "touch") tell();
  });
}

/** As wide as its figure. `draw(width)` returns height, background, marks (links) and `keys(i)` of mark i. */
export function chart(figure, label, draw) {
  const caption = figure.querySelector("figcaption");
  listen(figure, caption);
  caption.textContent = figure.hint;
  let [stop, width] = [Infinity, 0];
  const redraw = () => {
    if ([0, width].includes(figure.clientWidth)) return; // hidden, or as before
    width = figure.clientWidth;
    const { height, back, marks, keys = along } = draw(width);
    const choose = (i) => {
      stop = Math.max(0, Math.min(i, marks.length - 1));
      for (const [j, mark] of marks.entries()) mark.setAttribute("tabindex", j === stop ? 0 : -1);
    };
    const size = { viewBox: `0 0 ${width} ${height}`, width: "100%", height };
    // Its parent listens: an SVG that listens for focus could have it.
    const drawing = element("div", {}, svg("svg", { ...size, role: "group", "aria-label": label }, ...back, ...marks));
    drawing.onkeydown = (event) => {
      const to = keys(marks.indexOf(event.target.closest("a")))[event.key];
      if (to === undefined) return;
      event.preventDefault();
      choose(to);
      marks[stop].focus();
    };
    choose(stop);
    figure.replaceChildren(drawing, caption);
  };
  figure.observer?.disconnect();
  figure.observer = new ResizeObserver(redraw);
  figure.observer.observe(figure);
  redraw();
}
