// Messages for the person: one polite line, one for errors, one for the connection.
import { t } from './texts.js';

const settleMs = 12000;
let timer = 0;

const place = (id) => document.getElementById(id);

function fill(element, text, extra) {
  element.replaceChildren();
  if (text) element.append(text);
  if (extra) element.append(' ', extra);
}

/** A dialog hides all behind it from screen readers, so a message belongs into it while one is open. */
function sayInDialog(text) {
  const line = [...document.querySelectorAll('dialog[open] .dialog-error')].pop();
  if (!line) return false;
  line.hidden = !text;
  line.textContent = text;
  return true;
}

export function say(text, extra) {
  if (sayInDialog(text)) return;
  clearTimeout(timer);
  fill(place('status'), text, extra);
  // A message with a button waits for the person; any other one makes room after a while.
  if (!extra) timer = setTimeout(sayNothing, settleMs);
}

export function sayNothing() {
  clearTimeout(timer);
  fill(place('status'), '');
}

export function sayError(error) {
  if (error?.name === 'AbortError') return;
  const text = error?.message || String(error);
  if (!error?.forPeople) console.error(error);
  if (sayInDialog(text)) return;
  fill(place('alert'), text, closeButton());
}

function closeButton() {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = t('close');
  button.addEventListener('click', clearErrors);
  return button;
}

export function clearErrors() {
  fill(place('alert'), '');
}

export function sayNetwork(text) {
  if (!sayInDialog(text)) fill(place('network'), text);
  if (!text) fill(place('network'), '');
}
