// Single-key shortcuts get in the way of some people (speech input, a slipping hand): they can be off.
const store = 'homeroom.shortcuts';

export const shortcutsOn = () => localStorage.getItem(store) !== 'off';

export function setShortcuts(on) {
  localStorage.setItem(store, on ? 'on' : 'off');
}
