// Builds elements. Text always goes in as text nodes, so a name that contains markup stays a name.
import { t } from './texts.js';
import { say, sayError, sayNothing } from './notice.js';

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(element, name, value);
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function setProp(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
  else if (name === 'value') element.value = value;
  else element.setAttribute(name, value === true ? '' : value);
}

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A name of a person, class or file: its own writing direction, whatever surrounds it. */
export function bdi(text) {
  return h('bdi', { dir: 'auto' }, text ?? '');
}

/** Wraps an action: once at a time, and what goes wrong is told to the person. */
export function whileBusy(element, work) {
  return async (event) => {
    event?.preventDefault();
    if (element.getAttribute('aria-busy') === 'true') return;
    element.setAttribute('aria-busy', 'true');
    try {
      await work(event);
    } catch (error) {
      sayError(error);
    } finally {
      element.removeAttribute('aria-busy');
    }
  };
}

export function button(label, work, props = {}) {
  const element = h('button', { type: 'button', ...props }, label);
  element.addEventListener('click', whileBusy(element, work));
  return element;
}

export function link(href, label, props = {}) {
  return h('a', { href, ...props }, label);
}

export function form(work, props, ...children) {
  const element = h('form', props, ...children);
  element.addEventListener('submit', whileBusy(element, work));
  return element;
}

export function submit(label) {
  return h('button', { type: 'submit', class: 'primary' }, label);
}

let fieldCount = 0;

/** A labelled field; the hint is read out together with it. */
export function field(label, input, hint) {
  fieldCount += 1;
  input.id ||= `field${fieldCount}`;
  const parts = [h('label', { for: input.id }, label), input];
  if (hint) {
    const hintId = `${input.id}-hint`;
    input.setAttribute('aria-describedby', hintId);
    parts.push(h('small', { id: hintId }, hint));
  }
  return h('div', { class: 'field' }, parts);
}

export function input(props = {}) {
  return h('input', { type: 'text', autocomplete: 'off', ...props });
}

export function select(options, chosen, props = {}) {
  const items = options.map(([value, label]) => h('option', { value, selected: value === chosen }, label));
  return h('select', props, items);
}

export function check(label, props = {}) {
  const box = h('input', { type: 'checkbox', ...props });
  return { box, row: h('label', { class: 'check' }, box, ' ', label) };
}

export function section(title, ...children) {
  fieldCount += 1;
  const id = `part${fieldCount}`;
  return h('section', { 'aria-labelledby': id }, h('h2', { id }, title), ...children);
}

/** A part that opens on demand; key keeps it open when the screen is drawn again. */
export function folded(title, key, ...children) {
  return h('details', { class: 'folded', 'data-key': key }, h('summary', {}, title), ...children);
}

/** A table that turns into cards on a phone; the roles keep it a table for screen readers there. */
export function table(caption, heads, rows, props = {}) {
  const head = h('tr', { role: 'row' }, heads.map((text) => h('th', { role: 'columnheader', scope: 'col' }, text)));
  return h('table', { role: 'table', ...props },
    h('caption', { class: props.showCaption ? '' : 'unseen' }, caption),
    h('thead', { role: 'rowgroup' }, head),
    h('tbody', { role: 'rowgroup' }, rows.map((cells) => tableRow(heads, cells))));
}

function tableRow(heads, cells) {
  return h('tr', { role: 'row' }, cells.map((cell, index) => (index === 0
    ? h('th', { role: 'rowheader', scope: 'row' }, cell)
    : h('td', { role: 'cell', 'data-head': heads[index] }, cell))));
}

/** Menu of downloads: links do the work, so a click is enough and nothing is held in memory. */
export function exportMenu(label, path, kinds, key) {
  const items = kinds.map((kind) => h('li', {},
    link(`/api/v1${path}?as=${kind}`, t(`export.${kind}`), { download: '' })));
  const menu = h('details', { class: 'menu', 'data-key': key }, h('summary', {}, label), h('ul', {}, items));
  menu.addEventListener('click', (event) => { if (event.target.closest('a')) menu.open = false; });
  return menu;
}

document.addEventListener('click', (event) => closeMenus(event.target));
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  const open = document.querySelector('details.menu[open]');
  if (open?.contains(document.activeElement)) open.querySelector('summary').focus();
  closeMenus(null);
});

function closeMenus(except) {
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (!menu.contains(except)) menu.open = false;
  }
}

/** Best sight of a track. The picture has the best view at its left; the style shows only that one. */
export function face(track, name, props = {}) {
  if (track === null || track === undefined) return initials(name);
  return h('img', {
    class: 'face', src: `/api/v1/tracks/${encodeURIComponent(track)}/picture`, alt: props.alt ?? '',
    width: 120, height: 150, loading: 'lazy', decoding: 'async', ...props,
    onerror: (event) => event.target.replaceWith(initials(name)),
  });
}

export function initials(name) {
  const letters = (name ?? '?').trim().split(/\s+/).map((word) => [...word][0] ?? '').slice(0, 2).join('');
  return h('span', { class: 'face blank', 'aria-hidden': 'true' }, letters || '?');
}

/** Draws a part again and keeps focus, opened parts and what was typed (all found by data-key). */
export function swap(host, ...nodes) {
  const active = document.activeElement;
  const hadFocus = host.contains(active) && active !== host;
  const key = hadFocus ? active.closest('[data-key]')?.dataset.key : null;
  const open = [...host.querySelectorAll('details[open][data-key]')].map((part) => part.dataset.key);
  const typed = [...host.querySelectorAll('input[data-key],textarea[data-key]')]
    .filter((part) => part.value !== part.defaultValue).map((part) => [part.dataset.key, part.value]);
  host.replaceChildren(...nodes.flat(3).filter(Boolean));
  for (const name of open) { const part = byKey(host, name); if (part) part.open = true; }
  for (const [name, value] of typed) { const part = byKey(host, name); if (part) part.value = value; }
  if (hadFocus) focusAgain(host, key);
}

function byKey(host, key) {
  return key ? host.querySelector(`[data-key="${CSS.escape(key)}"]`) : null;
}

function focusAgain(host, key) {
  const again = byKey(host, key);
  const target = again?.matches('details') ? again.querySelector('summary') : again;
  if (!target) host.setAttribute('tabindex', '-1');
  (target ?? host).focus({ preventScroll: true });
}

/** Opens a dialog; build(close) gives its content. Resolves with what was handed to close, null on Escape. */
export function openDialog(title, build) {
  return new Promise((resolve) => {
    let result = null;
    const key = document.activeElement?.closest('[data-key]')?.dataset.key;
    fieldCount += 1;
    const id = `dialog${fieldCount}`;
    const dialog = h('dialog', { 'aria-labelledby': id });
    const close = (value) => { result = value; dialog.close(); };
    dialog.append(
      h('h2', { id }, title),
      h('p', { class: 'dialog-error', role: 'alert', hidden: true }),
      ...[build(close)].flat(2).filter(Boolean));
    dialog.addEventListener('close', () => {
      dialog.remove();
      if (document.activeElement === document.body) byKey(document, key)?.focus();
      resolve(result);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Asks before something that cannot be taken back; with `word` it has to be typed. */
export async function confirmed({ title, text, yes, word }) {
  return (await openDialog(title, (close) => {
    const typed = word ? input({ 'aria-required': 'true', autocapitalize: 'off', spellcheck: 'false' }) : null;
    const go = () => {
      if (typed && typed.value.trim() !== word) { say(t('confirm.typed', { word })); typed.focus(); return; }
      close(true);
    };
    return form(go, { novalidate: true },
      h('p', {}, text),
      typed && field(t('confirm.type', { word }), typed),
      h('div', { class: 'actions' },
        h('button', { type: 'submit', class: 'danger' }, yes),
        button(t('cancel'), () => close(false), { autofocus: !typed })));
  })) === true;
}

/** Search field with the matching students below; Enter takes the first one. */
export function studentSearch(students, onPick, { limit = 400, label = t('pick.search'), key } = {}) {
  const list = h('ul', { class: 'picks' });
  const box = input({ type: 'search', spellcheck: 'false', 'data-key': key });
  const draw = () => {
    const found = matching(students, box.value).slice(0, limit);
    list.replaceChildren(...found.map((student) => h('li', {},
      button([bdi(student.name), ' ', h('small', {}, bdi(student.id))], () => onPick(student)))));
    if (!found.length) list.append(h('li', {}, t('pick.none')));
  };
  box.addEventListener('input', draw);
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    if (box.value.trim()) list.querySelector('button')?.click();
  });
  draw();
  return { box, draw, element: h('div', {}, field(label, box, t('pick.hint')), list) };
}

const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

function matching(students, typed) {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  return students.filter((student) => {
    const text = plain(`${student.name} ${student.id}`);
    return words.every((word) => text.includes(word));
  });
}

/** Lets the person choose a student. Gives the id, or null. */
export function pickStudent(title, students, picture) {
  return openDialog(title, (close) => {
    const search = studentSearch(students, (student) => close(student.id));
    return [picture, search.element, h('div', { class: 'actions' }, button(t('cancel'), () => close(null)))];
  });
}

/** Says that something was done, with a button that takes it back. */
export function sayUndo(text, undo) {
  say(text, button(t('undo'), async () => { await undo(); sayNothing(); say(t('undone')); }));
}

export const count = (value) => (Array.isArray(value) ? value.length : Number(value) || 0);
