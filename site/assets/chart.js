/** Inline SVG charts. Independent of the page. */

const make = (node, attributes, content) => {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...content);
  return node;
};
export const element = (tag, attributes = {}, ...content) => make(document.createElement(tag), attributes, content);
export const svg = (tag, attributes = {}, ...content) =>
  make(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, content);

const along = (i) => ({ ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: Infinity });

/** As wide as its figure. `draw(width)` returns height, background, marks (links) and `keys(i)` of mark i. */
export function chart(figure, label, draw) {
  const caption = figure.querySelector("figcaption");
  figure.hint ??= caption.textContent;
  caption.textContent = figure.hint;
  let [stop, width] = [Infinity, 0];
  const redraw = () => {
    if (figure.clientWidth === width) return;
    width = figure.clientWidth;
    const { height, back, marks, keys = along } = draw(width);
    const choose = (i) => {
      stop = Math.max(0, Math.min(i, marks.length - 1));
      for (const [j, mark] of marks.entries()) mark.setAttribute("tabindex", j === stop ? 0 : -1);
    };
    const size = { viewBox: `0 0 ${width} ${height}`, width: "100%", height };
    const drawing = svg("svg", { ...size, role: "group", "aria-label": label }, ...back, ...marks);
    drawing.onkeydown = (event) => {
      const to = keys(stop)[event.key];
      if (to === undefined) return;
      event.preventDefault();
      choose(to);
      marks[stop].focus();
    };
    drawing.onpointerover = ({ target }) => {
      caption.textContent = target.closest("a")?.ariaLabel ?? figure.hint;
    };
    drawing.addEventListener("focusin", drawing.onpointerover);
    choose(stop);
    figure.replaceChildren(drawing, caption);
  };
  figure.observer?.disconnect();
  figure.observer = new ResizeObserver(redraw);
  figure.observer.observe(figure);
  redraw();
}

/** Bars up and down from a line, one for each `{href, text, kind, value, shown, name, label}`. */
export function bars(figure, label, rows) {
  const values = rows.map(({ value }) => value);
  const [up, down] = [Math.max(0, ...values), Math.min(0, ...values)];
  const scale = 164 / (up - down || 1);
  const line = 26 + up * scale;
  const height = 264;
  chart(figure, label, (width) => {
    const step = width / rows.length;
    const marks = rows.map(({ href, text, kind, value, shown, name, label }, i) => {
      const tall = Math.max(1, Math.abs(value) * scale);
      const y = value > 0 ? line - tall : line;
      const words = (style, y, content) => svg("text", { class: style, x: (i + 0.5) * step, y }, content);
      return svg(
        "a",
        { href, "aria-label": text, class: kind },
        svg("rect", { class: "hit", x: i * step, width: step, height }),
        svg("rect", { x: (i + 0.2) * step, width: step * 0.6, y, height: tall }),
        words("value", value > 0 ? y - 8 : y + tall + 16, shown),
        words("name", height - 24, name),
        words("label", height - 6, label),
      );
    });
    return { height, marks, back: [svg("path", { class: "axis", d: `M0 ${line}H${width}` })] };
  });
}

/** For a table row, in percent of the open; `reach` is the largest. */
export function candle(kind, low, high, close, reach) {
  const y = (value) => 14 - (value / (reach || 1)) * 13;
  const [top, bottom] = [y(Math.max(close, 0)), y(Math.min(close, 0))];
  const size = { class: `candle ${kind}`, width: 12, height: 28, "aria-hidden": "true" };
  const body = { x: 1, width: 10, y: top, height: Math.max(bottom - top, 1) };
  return svg("svg", size, svg("path", { d: `M6 ${y(high)}V${y(low)}` }), svg("rect", body));
}
