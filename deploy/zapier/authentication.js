// The connection: the address of a server, and an API token that was made for it.
'use strict';

const { ask } = require('./request');

const test = (z, bundle) => ask(z, bundle, 'GET', '/session');

module.exports = {
  type: 'custom',
  test,
  connectionLabel: '{{bundle.authData.base_url}}',
  fields: [
    {
      key: 'base_url',
      label: 'Address of your server',
      type: 'string',
      required: true,
      placeholder: 'https://media.example.com',
      helpText: 'As you open it in a browser. It has to be reachable from the internet by https.',
    },
    {
      key: 'token',
      label: 'API token',
      type: 'password',
      required: true,
      helpText:
        'Made with `rushes token create zapier --scope read,write,links,webhooks`, by an admin.',
    },
  ],
};
