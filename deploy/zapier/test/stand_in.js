// What Zapier gives an app, as small as it can be: requests by fetch, its errors by name.
'use strict';

const app = require('..');

class Failed extends Error {
  constructor(message, code, status) {
    super(message);
    Object.assign(this, { code, status });
  }
}

const errors = {
  Error: Failed,
  ExpiredAuthError: class extends Failed {},
  ThrottledError: class extends Failed {},
};

/** Return `z` for one call with this bundle. */
const makeZ = (bundle) => {
  const request = async (asked) => {
    const wish = app.beforeRequest.reduce((told, step) => step(told, null, bundle), {
      method: 'GET',
      headers: {},
      ...asked,
    });
    const query = wish.params ? `?${new URLSearchParams(wish.params)}` : '';
    const isRaw = wish.body === undefined || Buffer.isBuffer(wish.body);
    const headers = isRaw
      ? wish.headers
      : { 'Content-Type': 'application/json', ...wish.headers };
    const answer = await fetch(wish.url + query, {
      method: wish.method,
      headers,
      body: isRaw ? wish.body : JSON.stringify(wish.body),
    });
    if (wish.raw) {
      const buffer = async () => Buffer.from(await answer.arrayBuffer());
      return { status: answer.status, headers: answer.headers, buffer };
    }
    const text = await answer.text();
    return {
      status: answer.status,
      data: text ? JSON.parse(text) : undefined,
      getHeader: (name) => answer.headers.get(name),
    };
  };
  return { request, errors };
};

/** Run one part of the app. */
const run = (part, bundle) => part(makeZ(bundle), bundle);

module.exports = { Failed, run };
