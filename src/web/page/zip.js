// Reading a zip of photos in the browser: the server never sees it. APPNOTE.TXT of PKWARE, 4.3; deflated or stored.
import { t } from './texts.js';

// More than a school has; what is beyond is no collection of photos.
const most = { entries: 5000, bytes: 32 * 1024 * 1024, ratio: 100 };

const isZip = (path) => /\.zip$/i.test(path);

/** The files as they are, and in the place of each zip what is in it, as far as `wanted(path)`. */
export async function withoutZips(files, wanted) {
  const all = [];
  for (const one of files) all.push(...(isZip(one.path) ? await entriesOf(one.file, wanted) : [one]));
  return all;
}

async function view(blob, from, size) {
  return new DataView(await blob.slice(from, from + size).arrayBuffer());
}

/** Where the list of entries is: the end of the file says it, behind which there may be a comment. */
async function findList(blob) {
  const size = Math.min(blob.size, 65557);
  const end = await view(blob, blob.size - size, size);
  for (let i = end.byteLength - 22; i >= 0; i -= 1) {
    if (end.getUint32(i, true) === 0x06054b50) {
      return { count: end.getUint16(i + 10, true), size: end.getUint32(i + 12, true), at: end.getUint32(i + 16, true) };
    }
  }
  throw new Error(t('zip.none'));
}

async function entriesOf(blob, wanted) {
  const list = await findList(blob);
  if (list.count > most.entries || list.at + list.size > blob.size) throw new Error(t('zip.much', { n: most.entries }));
  const data = await view(blob, list.at, list.size);
  const files = [];
  for (let i = 0, at = 0; i < list.count && at + 46 <= data.byteLength; i += 1) {
    if (data.getUint32(at, true) !== 0x02014b50) throw new Error(t('zip.none'));
    const entry = entryAt(data, at);
    at = entry.next;
    if (isSafe(entry) && wanted(entry.path)) files.push({ file: await read(blob, entry), path: entry.path });
  }
  return files;
}

function entryAt(data, at) {
  const length = data.getUint16(at + 28, true);
  return {
    encrypted: data.getUint16(at + 8, true) & 1,
    method: data.getUint16(at + 10, true),
    packed: data.getUint32(at + 20, true),
    size: data.getUint32(at + 24, true),
    mode: data.getUint32(at + 38, true) >>> 16,
    offset: data.getUint32(at + 42, true),
    path: new TextDecoder().decode(new Uint8Array(data.buffer, data.byteOffset + at + 46, length)),
    next: at + 46 + length + data.getUint16(at + 30, true) + data.getUint16(at + 32, true),
  };
}

/** No link, no way up, nothing that macOS adds, nothing that would grow without end. */
function isSafe({ path, mode, method, encrypted, packed, size }) {
  return !path.endsWith('/') && !/(^|[\\/])\.\.?([\\/]|$)|^[\\/]|^__MACOSX\//.test(path) && (mode & 0xf000) !== 0xa000
    && (method === 0 || method === 8) && !encrypted && size <= most.bytes && size <= most.ratio * packed + 1024;
}

async function read(blob, { path, method, packed, size, offset }) {
  const head = await view(blob, offset, 30);
  if (head.byteLength < 30 || head.getUint32(0, true) !== 0x04034b50) throw new Error(t('zip.none'));
  const start = offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const stored = blob.slice(start, start + packed);
  const bytes = method === 0 ? await stored.arrayBuffer() : await inflate(stored, size);
  if (bytes.byteLength !== size) throw new Error(t('zip.none'));
  return new File([bytes], path.split('/').pop());
}

/** Whatever the list says, no more than that comes out. */
async function inflate(blob, size) {
  const reader = blob.stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const parts = [];
  for (let left = size; ;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts).arrayBuffer();
    left -= value.byteLength;
    if (left < 0) { await reader.cancel(); throw new Error(t('zip.none')); }
    parts.push(value);
  }
}
