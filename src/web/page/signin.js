// Signing in: as a screen of its own, and as a dialog over a screen whose session has ended.
import { h, form, field, input, submit, openDialog } from './dom.js';
import { signIn } from './api.js';
import { sayError, clearErrors } from './notice.js';
import { t } from './texts.js';

function signInForm(onDone, knownName = '') {
  const name = input({ autocomplete: 'username', required: true, value: knownName, autocapitalize: 'off', spellcheck: 'false' });
  const password = input({ type: 'password', autocomplete: 'current-password', required: true });
  if (knownName) password.setAttribute('autofocus', '');
  return form(async () => {
    await signIn(name.value.trim(), password.value);
    clearErrors();
    await onDone();
  }, {}, field(t('account.name'), name), field(t('password'), password), h('div', { class: 'actions' }, submit(t('signin'))));
}

export function show({ signedIn }) {
  return { title: t('signin.title'), nodes: [signInForm(signedIn)] };
}

/** Stays until someone has signed in: the request that was refused waits for it, with all that was typed. */
export async function signInDialog(name) {
  for (;;) {
    const done = await openDialog(t('signin.again'), (close) => [
      h('p', {}, t('signin.ended')), signInForm(() => close(true), name)]);
    if (done) return;
    sayError(Object.assign(new Error(t('signin.needed')), { forPeople: true }));
  }
}
