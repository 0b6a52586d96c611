// Hand an asset to a partner that is switched on at the server.
'use strict';

const { ask } = require('../request');

const perform = (z, bundle) => {
  const { asset_id: assetId, partner } = bundle.inputData;
  const path = `/assets/${encodeURIComponent(assetId)}/partners/${encodeURIComponent(partner)}`;
  return ask(z, bundle, 'POST', path);
};

module.exports = {
  key: 'hand_to_partner',
  noun: 'Asset',
  display: {
    label: 'Hand Asset to Partner',
    description: 'Sends an asset to Mux, Cloudflare Stream or Frame.io.',
  },
  operation: {
    perform,
    inputFields: [
      {
        key: 'asset_id',
        label: 'Asset ID',
        type: 'string',
        required: true,
        search: 'find_asset.id',
      },
      {
        key: 'partner',
        label: 'Partner',
        type: 'string',
        required: true,
        choices: { mux: 'Mux', stream: 'Cloudflare Stream', frameio: 'Frame.io' },
      },
    ],
    sample: { partner: 'mux', state: 'waiting', size_bytes: 41875931, sent_bytes: 0 },
    outputFields: [
      { key: 'partner', label: 'Partner' },
      { key: 'state', label: 'State' },
    ],
  },
};
