/** Tables that sort. */

/**
 * Sorts a table's rows by its head's buttons. The URL keeps the order: `sort=-Name`. Where not all rows are in the
 * table, `arrange(name, sign)` puts them there.
 */
export function sortable(table, arrange) {
  const buttons = [...table.querySelectorAll("thead button")];
  const parameter = table.dataset.parameter ?? "sort";
  const order = (asked) => {
    const name = asked.replace("-", "");
    const button = buttons.find(({ value }) => value === name);
    if (!button) return false;
    const [column, sign] = [button.parentElement.cellIndex, name === asked ? 1 : -1];
    if (arrange) arrange(name, sign);
    else rearrange(table.tBodies[0], column, sign);
    for (const each of buttons) {
      const active = each === button;
      each.parentElement.ariaSort = active ? (sign > 0 ? "ascending" : "descending") : null;
      each.onclick = () => {
        const numbers = typeof worth(table.tBodies[0].rows[0]?.cells[each.parentElement.cellIndex]) === "number";
        const next = active ? `${sign > 0 ? "-" : ""}${name}` : `${numbers ? "-" : ""}${each.value}`;
        const address = new URL(location);
        address.searchParams.set(parameter, next);
        history.replaceState(null, "", address);
        order(next);
      };
    }
    return true;
  };
  const asked = new URL(location).searchParams.get(parameter);
  if (!asked || !order(asked)) order(table.dataset.sort);
}

function rearrange(body, column, sign) {
  const rows = [...body.rows].map((row) => [worth(row.cells[column]), row]);
  rows.sort(([a], [b]) => sign * ((a > b) - (a < b)));
  body.append(...rows.map(([, row]) => row));
}

/** What a cell is sorted by: a date, the size of a move, another number, or its text. */
function worth(cell) {
  if (!cell) return "";
  const dated = cell.querySelector("time");
  if (cell.dataset.value) return Number(cell.dataset.value);
  if (dated) return dated.dateTime;
  const text = cell.textContent.trim();
  if (cell.querySelector('a[href^="/ticker"]')) return text; // a ticker may begin with a digit
  const number = Number.parseFloat(text.replace(/[^\d.]/g, ""));
  return /^[^A-Za-z]*\d/.test(text) ? number : text;
}
