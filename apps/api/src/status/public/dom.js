const SVG = 'http://www.w3.org/2000/svg';

/**
 * The element of this id, which the page has.
 *
 * @param {string} id
 */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Changes a text only when it is another one, so that a selection in it and a screen reader are left alone.
 *
 * @param {string} id
 * @param {string} text
 */
export function setText(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

/**
 * A row of a table, its first cell being its heading.
 *
 * @param {(string | { text: string; className?: string; colSpan?: number })[]} cells
 */
function row(cells) {
  const element = document.createElement('tr');
  // Said outright, since a phone shows tables as a grid, and some browsers then forget that they are tables.
  element.setAttribute('role', 'row');
  for (const [i, cell] of cells.entries()) {
    const { text, className = '', colSpan = 1 } = typeof cell === 'string' ? { text: cell } : cell;
    const box = document.createElement(i === 0 ? 'th' : 'td');
    if (i === 0) box.scope = 'row';
    box.setAttribute('role', i === 0 ? 'rowheader' : 'cell');
    box.textContent = text;
    box.className = className;
    if (colSpan > 1) box.colSpan = colSpan;
    element.append(box);
  }
  return element;
}

/**
 * Replaces the rows of a table body when they are other ones.
 *
 * @param {string} id
 * @param {Parameters<typeof row>[0][]} rows
 * @param {string} whenEmpty - Said in the place of rows when there are none
 */
export function setRows(id, rows, whenEmpty) {
  const body = byId(id);
  const version = JSON.stringify(rows);
  if (body.dataset.version === version) return;
  body.dataset.version = version;
  const columns = body.closest('table').tHead.rows[0].cells.length;
  const shown = rows.length > 0 ? rows : [[{ text: whenEmpty, className: 'quiet', colSpan: columns }]];
  body.replaceChildren(...shown.map(row));
}

/**
 * A cell with a figure.
 *
 * @param {string} text
 */
export function number(text) {
  return { text, className: 'number' };
}

/**
 * An element of a drawing.
 *
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {(Node | string)[]} children
 */
export function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}
