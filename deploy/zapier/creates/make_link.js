// Make an upload link: client and project are made where they are new.
'use strict';

const { ask } = require('../request');

const OPTIONAL = ['title', 'message', 'client_email', 'password', 'expires_at', 'max_files'];

const perform = (z, bundle) => {
  const { client, project } = bundle.inputData;
  const given = OPTIONAL.filter((key) => ![undefined, null, ''].includes(bundle.inputData[key]));
  const more = Object.fromEntries(given.map((key) => [key, bundle.inputData[key]]));
  return ask(z, bundle, 'POST', '/links', { body: { client, project, ...more } });
};

module.exports = {
  key: 'make_link',
  noun: 'Upload Link',
  display: {
    label: 'Create Upload Link',
    description: 'Makes an address by which a client sends files without an account.',
  },
  operation: {
    perform,
    inputFields: [
      { key: 'client', label: 'Client', type: 'string', required: true },
      { key: 'project', label: 'Project', type: 'string', required: true },
      { key: 'title', label: 'Title', type: 'string' },
      { key: 'message', label: 'Message', type: 'text' },
      { key: 'client_email', label: "Client's Mail Address", type: 'string' },
      { key: 'password', label: 'Password', type: 'string' },
      {
        key: 'expires_at',
        label: 'Ends At',
        type: 'datetime',
        helpText: 'After 14 days, if nothing is said.',
      },
      { key: 'max_files', label: 'Most Files', type: 'integer' },
    ],
    sample: {
      id: 'lnk_00d1zznskbwgg03rcjnwbzwx85rght8eszq7',
      url: 'https://media.example.com/u/token',
      client: 'Acme Corp',
      project: 'Spring',
      is_active: true,
    },
    outputFields: [
      { key: 'id', label: 'Link ID' },
      { key: 'url', label: 'Address' },
      { key: 'expires_at', label: 'Ends At', type: 'datetime' },
    ],
  },
};
