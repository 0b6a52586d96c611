// Find assets by their words: names, titles, tags, notes, metadata.
'use strict';

const { ask } = require('../request');

const perform = async (z, bundle) => {
  const { q, project } = bundle.inputData;
  const [client, slug] = (project || '').split('/');
  const place = slug ? { client, project: slug } : { project };
  const params = { q, limit: 10, ...(project ? place : {}) };
  return (await ask(z, bundle, 'GET', '/assets', { params })).items;
};

module.exports = {
  key: 'find_asset',
  noun: 'Asset',
  display: { label: 'Find Asset', description: 'Finds an asset by its name or other words.' },
  operation: {
    perform,
    inputFields: [
      { key: 'q', label: 'Words', type: 'string', required: true },
      {
        key: 'project',
        label: 'Project',
        type: 'string',
        helpText: '`client-slug/project-slug`, or the second of the two alone.',
      },
    ],
    sample: {
      id: 'ast_00d1zznskbwgg03rcjnwbzwx85rght8eszq7',
      file_name: 'interview.mov',
      state: 'ready',
      kind: 'video',
    },
    outputFields: [
      { key: 'id', label: 'Asset ID' },
      { key: 'file_name', label: 'File Name' },
      { key: 'state', label: 'State' },
    ],
  },
};
