// Share one asset, or all of a project, with people who have no account.
'use strict';

const { ask } = require('../request');

const OPTIONAL = ['title', 'message', 'password', 'expires_at'];

const perform = (z, bundle) => {
  const { asset_id: assetId, project } = bundle.inputData;
  if (Boolean(assetId) === Boolean(project)) {
    throw new z.errors.Error('Name an asset or a project: one of the two.', 'share', 422);
  }
  const given = OPTIONAL.filter((key) => ![undefined, null, ''].includes(bundle.inputData[key]));
  const more = Object.fromEntries(given.map((key) => [key, bundle.inputData[key]]));
  const what = assetId ? { asset_ids: [assetId] } : { project };
  return ask(z, bundle, 'POST', '/shares', { body: { ...what, ...more } });
};

module.exports = {
  key: 'make_share',
  noun: 'Share',
  display: {
    label: 'Create Share',
    description: 'Makes an address where an asset, or a whole project, can be watched.',
  },
  operation: {
    perform,
    inputFields: [
      { key: 'asset_id', label: 'Asset ID', type: 'string', search: 'find_asset.id' },
      {
        key: 'project',
        label: 'Project',
        type: 'string',
        helpText: '`client-slug/project-slug`, or its id; instead of an asset.',
      },
      { key: 'title', label: 'Title', type: 'string' },
      { key: 'message', label: 'Message', type: 'text' },
      { key: 'password', label: 'Password', type: 'string' },
      {
        key: 'expires_at',
        label: 'Ends At',
        type: 'datetime',
        helpText: 'After 7 days, if nothing is said.',
      },
    ],
    sample: {
      id: 'shr_00d1zznskbwgg03rcjnwbzwx85rght8eszq7',
      url: 'https://media.example.com/s/token',
      title: 'First cut',
      is_active: true,
    },
    outputFields: [
      { key: 'id', label: 'Share ID' },
      { key: 'url', label: 'Address' },
      { key: 'expires_at', label: 'Ends At', type: 'datetime' },
    ],
  },
};
