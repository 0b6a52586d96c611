// Requests to the server whose address the connection names, with its token.
'use strict';

const API = '/api/v1';

/** Return the address of a server as people type it, without a final slash. */
const baseOf = (bundle) => String(bundle.authData.base_url || '').trim().replace(/\/+$/, '');

/** Return an address of the API. */
const at = (bundle, path) => `${baseOf(bundle)}${API}${path}`;

/** Give the token to our own server, and to nobody else: files come from elsewhere. */
const addToken = (request, z, bundle) => {
  const base = baseOf(bundle);
  if (base && bundle.authData.token && request.url.startsWith(`${base}/`)) {
    request.headers = { ...request.headers, Authorization: `Bearer ${bundle.authData.token}` };
  }
  return request;
};

/** Return the JSON of an answer, or fail with the sentence that the server says. */
const read = (z, response) => {
  if (response.status < 400) {
    return response.data;
  }
  const told = response.data || {};
  const words = told.detail || `The server answered ${response.status}.`;
  if (response.status === 401) {
    throw new z.errors.ExpiredAuthError(words);
  }
  if (response.status === 429) {
    const seconds = Number(response.getHeader('retry-after')) || 60;
    throw new z.errors.ThrottledError(words, seconds);
  }
  throw new z.errors.Error(words, told.code || 'rushes', response.status);
};

/** Ask the API, and return the JSON that it answers. */
const ask = async (z, bundle, method, path, { body, params } = {}) =>
  read(
    z,
    await z.request({
      method,
      url: at(bundle, path),
      ...(body === undefined ? {} : { body }),
      ...(params === undefined ? {} : { params }),
      skipThrowForStatus: true,
    })
  );

module.exports = { addToken, ask, baseOf, read };
