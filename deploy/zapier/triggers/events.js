// Triggers by REST hooks: one for each event that people set up most, one for any other.
'use strict';

const { ask } = require('../request');

const SAMPLE = {
  id: 'evt_00d1zznskbwgg03rcjnwbzwx85rght8eszq7',
  type: 'asset.ready',
  created_at: '2026-11-21T12:00:00+00:00',
  data: {
    subject: 'ast_00d1zznskbwgg03rcjnwbzwx85rght8eszq7',
    actor: 'system',
    client: 'acme',
    project: 'spring',
    asset_id: 'ast_00d1zznskbwgg03rcjnwbzwx85rght8eszq7',
  },
};

const FIELDS = [
  { key: 'id', label: 'Event ID' },
  { key: 'type', label: 'Event' },
  { key: 'created_at', label: 'When', type: 'datetime' },
  { key: 'data__asset_id', label: 'Asset ID' },
  { key: 'data__client', label: 'Client' },
  { key: 'data__project', label: 'Project' },
  { key: 'data__subject', label: 'Subject' },
  { key: 'data__actor', label: 'Who did it' },
];

/** Return a trigger; `eventOf` says which event a Zap wants. */
const hook = (key, noun, label, description, eventOf, inputFields = []) => ({
  key,
  noun,
  display: { label, description },
  operation: {
    type: 'hook',
    inputFields,
    performSubscribe: (z, bundle) =>
      ask(z, bundle, 'POST', '/hooks/zapier', {
        body: { hookUrl: bundle.targetUrl, event: eventOf(bundle) },
      }),
    performUnsubscribe: (z, bundle) =>
      ask(z, bundle, 'DELETE', `/hooks/zapier/${bundle.subscribeData.id}`),
    perform: (z, bundle) => [bundle.cleanedRequest],
    performList: (z, bundle) =>
      ask(z, bundle, 'GET', '/hooks/zapier/sample', { params: { event: eventOf(bundle) } }),
    sample: SAMPLE,
    outputFields: FIELDS,
  },
});

const fixed = (event) => () => event;

const events = [
  hook(
    'asset_ready',
    'Asset',
    'Asset Ready',
    'Triggers when a file can be watched in every quality and is archived.',
    fixed('asset.ready')
  ),
  hook(
    'asset_created',
    'Asset',
    'New Asset',
    'Triggers when a file has come in and was accepted.',
    fixed('asset.created')
  ),
  hook(
    'link_used',
    'Upload Link',
    'Upload Link Used',
    'Triggers when somebody begins to send a file through an upload link.',
    fixed('link.used')
  ),
  hook(
    'share_viewed',
    'Share',
    'Share Viewed',
    'Triggers when somebody opens a share.',
    fixed('share.viewed')
  ),
  hook(
    'event',
    'Event',
    'Any Event',
    'Triggers when an event of your choice happens.',
    (bundle) => bundle.inputData.event,
    [
      {
        key: 'event',
        label: 'Event',
        type: 'string',
        required: true,
        helpText: 'A type like `upload.quarantined`, a family like `asset.*`, or `*` for all.',
      },
    ]
  ),
];

module.exports = { events };
