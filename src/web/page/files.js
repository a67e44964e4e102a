// Choosing files: by button, by folder, by dropping. Photos find their student by name or folder.
import { h, button, select, swap, bdi } from './dom.js';
import { postBody, at } from './api.js';
import { t, known } from './texts.js';

const archive = /\.(zip|tar|tgz|tar\.gz)$/i;
const picture = /\.(jpe?g|png|webp|bmp|gif|heic|heif|tiff?)$/i;

/** A place to drop files, with buttons that do the same. onFiles gets [{file, path}]. */
export function dropZone({ text, label, folderLabel, accept, onFiles, key }) {
  const zone = h('div', { class: 'drop' });
  const chooser = (props) => {
    const element = h('input', { type: 'file', multiple: true, hidden: true, accept, ...props });
    element.addEventListener('change', () => {
      const chosen = [...element.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
      element.value = '';
      if (chosen.length) onFiles(chosen);
    });
    return element;
  };
  const single = chooser({});
  zone.append(single, button(label, () => single.click(), { class: 'primary', 'data-key': `${key}-files` }));
  if (folderLabel) {
    const folder = chooser({ webkitdirectory: true, accept: null });
    zone.append(folder, button(folderLabel, () => folder.click(), { 'data-key': `${key}-folder` }));
  }
  zone.append(h('p', {}, text));
  zone.addEventListener('dragover', (event) => { event.preventDefault(); zone.classList.add('over'); });
  zone.addEventListener('dragleave', () => zone.classList.remove('over'));
  zone.addEventListener('drop', async (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    const dropped = await droppedFiles(event.dataTransfer);
    if (dropped.length) onFiles(dropped);
  });
  return zone;
}

// A file dropped beside the zone must not replace the page (and what was typed in it).
for (const name of ['dragover', 'drop']) window.addEventListener(name, (event) => event.preventDefault());

async function droppedFiles(transfer) {
  // Entries have to be taken before the first wait; after it the browser has emptied the list.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, path: file.name }));
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

async function walk(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => { entry.file(resolve, reject); });
    found.push({ file, path: entry.fullPath });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A reader gives a hundred at a time.
    const part = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (!part.length) return;
    for (const child of part) await walk(child, found);
  }
}

/** Student of a path: folder "ID/..." or file "ID.jpg", "ID_2.jpg", "ID (2).jpg". */
export function studentOf(path, ids) {
  const known = new Map(ids.map((id) => [id.toLowerCase(), id]));
  const parts = path.toLowerCase().split('/').filter(Boolean);
  const stem = parts.pop().replace(/\.[^.]+$/, '');
  const folder = parts.reverse().find((part) => known.has(part));
  return known.get(folder) ?? known.get(stem) ?? known.get(stem.replace(/[\s_-]*\(?\d{1,3}\)?$/, '')) ?? null;
}

/** The pictures among files; in the place of each archive what the server has found in it. */
async function withoutArchives(files) {
  const all = [];
  for (const one of files) {
    if (archive.test(one.path)) {
      const { album, entries } = await postBody('/photos', one.file, 'application/zip');
      all.push(...entries.map(({ entry, name, text }) => ({ path: name, from: { album, entry }, refused: text })));
    } else if (picture.test(one.path)) all.push(one);
  }
  return all;
}

/** Takes photos for several students (or for the one given) and lists what became of each. */
export function photoDrop(students, onDone, only) {
  const list = h('ul', { class: 'plain' });
  const summary = h('p', { role: 'status' });
  const queue = [];
  let running = false;
  let counts = { good: 0, other: 0 };

  const tell = (row, path, good, text) => {
    counts[good ? 'good' : 'other'] += 1;
    row.className = good ? 'good' : 'bad';
    row.replaceChildren(h('span', { 'aria-hidden': 'true' }, good ? '✓ ' : '✗ '), bdi(path), ': ', text);
  };

  const sendOne = async ({ file, path, student, row, from = {} }) => {
    let text;
    let good = false;
    try {
      const query = new URLSearchParams({ name: path.split('/').pop(), ...from });
      const result = await postBody(`${at('students', student, 'photos')}?${query}`, file, file?.type || 'application/octet-stream');
      good = result.verdict === 'enrolled' || result.verdict === 'duplicate';
      text = [known(`verdict.${result.verdict}`) || result.text, result.lookalike && t('photo.lookalike', { name: lookalike(result) })]
        .filter(Boolean).join(' ');
    } catch (error) {
      text = error.message;
    }
    tell(row, path, good, text);
  };

  const sendAll = async () => {
    if (running) return;
    running = true;
    while (queue.length) {
      summary.textContent = t('photo.left', { n: queue.length });
      await sendOne(queue.shift());
    }
    running = false;
    summary.textContent = t('photo.summary', counts);
    counts = { good: 0, other: 0 };
    await onDone?.();
  };

  const ask = (item) => {
    const choice = select([['', t('photo.whose')], ...students().filter((one) => !one.refuses).map((one) => [one.id, `${one.name} (${one.id})`])], '',
      { 'aria-label': t('photo.whose.of', { name: item.path }) });
    const go = button(t('photo.send'), () => {
      if (!choice.value) { choice.focus(); return; }
      item.student = choice.value;
      queue.push(item);
      sendAll();
    });
    item.row.replaceChildren(bdi(item.path), ': ', t('photo.unmatched'), ' ', choice, ' ', go);
  };

  const take = async (given) => {
    const ids = students().map((student) => student.id);
    let files;
    try {
      files = await withoutArchives(given);
    } catch (error) {
      swap(summary, document.createTextNode(error.message));
      return;
    }
    for (const { file, path, from, refused } of files) {
      const row = h('li', {}, bdi(path));
      const item = { file, path, from, row, student: only ?? studentOf(path, ids) };
      list.append(row);
      if (refused) tell(row, path, false, refused); else if (item.student) queue.push(item); else ask(item);
    }
    if (!files.length) swap(summary, document.createTextNode(t('photo.none')));
    if (queue.length || counts.other) sendAll();
  };

  const zone = dropZone({
    text: t(only ? 'photo.drop.one' : 'photo.drop'), label: t('photo.choose'),
    folderLabel: only ? null : t('photo.folder'), accept: 'image/*,.zip,.tar,.tgz', onFiles: take, key: 'photos',
  });
  return h('div', {}, zone, summary, list);
}

const lookalike = ({ lookalike: other }) => (typeof other === 'object' ? other.name ?? other.id : other);
