// A small tus 1.0 client. It goes on where it stopped: after a broken connection by itself,
// after a closed page as soon as the same file is chosen again.
import { send, pause, base, NetworkError, ApiError } from './api.js';
import { t } from './texts.js';

const store = 'homeroom.uploads';
const version = { 'Tus-Resumable': '1.0.0' };
const smallest = 1 << 20;
const largest = 1 << 24;
const longestWait = 30;

function readStore() {
  try {
    return JSON.parse(localStorage.getItem(store)) ?? {};
  } catch {
    return {};
  }
}

function writeStore(key, value) {
  const all = readStore();
  if (value) all[key] = value; else delete all[key];
  try {
    localStorage.setItem(store, JSON.stringify(all));
  } catch {
    // Without storage an upload still works, only not across a closed page.
  }
}

/** Uploads that an earlier page did not end: [{key, name, address}]. */
export function unfinished() {
  return Object.entries(readStore()).map(([key, value]) => ({ key, ...value }));
}

export async function discard({ key, address }) {
  try {
    await send('DELETE', address, { headers: version });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
  writeStore(key, null);
}

function base64(text) {
  let bytes = '';
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}

function metadata(fields) {
  return Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => `${name} ${base64(String(value))}`).join(',');
}

/** Only the path counts: behind a proxy the server may not know the name it is reached by. */
function pathOf(address) {
  const url = new URL(address, `${location.origin}${base}/uploads/`);
  return url.pathname + url.search;
}

export class Upload {
  constructor(file, fields, onChange = () => {}) {
    this.file = file;
    this.fields = { filename: file.name, ...fields, modified: file.lastModified };
    this.key = [file.name, file.size, file.lastModified, fields.class, fields.lesson ?? ''].join('|');
    this.onChange = onChange;
    this.state = 'waiting';
    this.sent = 0;
    this.rate = 0;
    this.chunk = smallest;
    this.control = new AbortController();
  }

  get secondsLeft() {
    return this.rate ? (this.file.size - this.sent) / this.rate : null;
  }

  change(state, sent = this.sent) {
    this.state = state;
    this.sent = sent;
    this.onChange(this);
  }

  /** Runs to the end; throws what cannot be mended by trying again. */
  async run() {
    let failures = 0;
    for (;;) {
      try {
        this.change('running');
        let offset = await this.begin();
        this.change('running', offset);
        while (offset < this.file.size) {
          offset = await this.sendChunk(offset);
          failures = 0;
          this.change('running', offset);
        }
        writeStore(this.key, null);
        this.change('done', this.file.size);
        return;
      } catch (error) {
        if (this.control.signal.aborted || !mayPass(error)) throw error;
        failures += 1;
        this.change('retrying');
        await pause(error.waitSeconds || Math.min(longestWait, 2 ** failures), this.control.signal);
      }
    }
  }

  /** Where to go on: the known address of this file, or a new one. */
  async begin() {
    const known = readStore()[this.key];
    if (known) {
      try {
        const response = await this.request('HEAD', known.address);
        this.address = known.address;
        return Number(response.headers.get('Upload-Offset'));
      } catch (error) {
        if (![403, 404, 410].includes(error.status)) throw error;
        writeStore(this.key, null);
      }
    }
    const response = await this.create();
    this.address = pathOf(response.headers.get('Location'));
    writeStore(this.key, { name: this.file.name, address: this.address });
    return 0;
  }

  /** A refusal here (no such class, name taken) stays one, however often it is tried. */
  async create() {
    try {
      return await this.request('POST', '/uploads', {
        'Upload-Length': String(this.file.size), 'Upload-Metadata': metadata(this.fields),
      });
    } catch (error) {
      error.final = error.status >= 400 && error.status < 500 && error.status !== 429;
      throw error;
    }
  }

  async sendChunk(offset) {
    const bytes = await this.read(offset);
    const began = performance.now();
    const response = await this.request('PATCH', this.address, {
      'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset),
    }, bytes);
    const next = Number(response.headers.get('Upload-Offset'));
    this.measure(next - offset, (performance.now() - began) / 1000);
    return next;
  }

  /** Reads first, so that a file that was moved or changed is not taken for a broken connection. */
  async read(offset) {
    try {
      return await this.file.slice(offset, offset + this.chunk).arrayBuffer();
    } catch {
      const error = new Error(t('upload.unreadable'));
      error.forPeople = true;
      throw error;
    }
  }

  /** Larger pieces on a fast line, smaller ones on a slow one: progress shows every few seconds. */
  measure(bytes, seconds) {
    const rate = bytes / Math.max(seconds, 0.001);
    this.rate = this.rate ? this.rate * 0.7 + rate * 0.3 : rate;
    if (seconds < 2) this.chunk = Math.min(largest, this.chunk * 2);
    if (seconds > 8) this.chunk = Math.max(smallest, this.chunk / 2);
  }

  request(method, address, headers = {}, body = undefined) {
    return send(method, address, {
      headers: { ...version, ...headers }, body, retry: false, signal: this.control.signal,
    });
  }

  /** Ends the upload and takes back what the server has of it. */
  async cancel() {
    this.control.abort();
    this.change('ended');
    if (this.address) await discard({ key: this.key, address: this.address });
  }
}

/** Broken connection, wrong offset, lost address, busy server: worth another try. A full disk is not. */
function mayPass(error) {
  if (error instanceof NetworkError) return true;
  if (!(error instanceof ApiError) || error.final) return false;
  return [404, 409, 410, 423, 429].includes(error.status) || (error.status >= 500 && error.status !== 507);
}
