// Days, clocks and lengths of time for reading. Days and clocks are already in the zone of the class.
import { language, t } from './texts.js';

export function day(text) {
  if (!text) return '';
  const date = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return text;
  return date.toLocaleDateString(language(), {
    weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC',
  });
}

export function moment(text) {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : date.toLocaleString(language());
}

export const clock = (text) => (text ? text.slice(0, 5) : '');

export function seconds(text) {
  const [hours, minutes, rest = 0] = text.split(':').map(Number);
  return hours * 3600 + minutes * 60 + rest;
}

export function weekday(number) {
  // 1 January 2024 was a Monday.
  return new Date(Date.UTC(2024, 0, number)).toLocaleDateString(language(), { weekday: 'long', timeZone: 'UTC' });
}

export function today() {
  const now = new Date();
  const two = (number) => String(number).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

export function timeLeft(left) {
  if (left === null || left === undefined || !Number.isFinite(left)) return '';
  if (left < 60) return t('left.seconds', { n: Math.max(1, Math.round(left)) });
  if (left < 5400) return t('left.minutes', { n: Math.round(left / 60) });
  return t('left.hours', { n: Math.round(left / 3600) });
}

export function duration(length) {
  return t('minutes', { n: Math.round((length ?? 0) / 60) });
}

export const percent = (part) => `${Math.round(100 * (part || 0))} %`;

export function megabytes(bytes) {
  return `${(bytes / 1e6).toLocaleString(language(), { maximumFractionDigits: bytes < 1e7 ? 1 : 0 })} MB`;
}

export function similarity(value) {
  return Number(value).toLocaleString(language(), { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
