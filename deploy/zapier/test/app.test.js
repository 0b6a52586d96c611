// The whole app before a running server: RUSHES_URL, and RUSHES_TOKEN with every scope.
'use strict';

const assert = require('node:assert');
const { createServer } = require('node:http');
const { test } = require('node:test');

const app = require('..');
const { Failed, run } = require('./stand_in');

const authData = { base_url: `${process.env.RUSHES_URL}/`, token: process.env.RUSHES_TOKEN };
const bundle = (inputData = {}, more = {}) => ({ authData, inputData, ...more });

/** Serve one file elsewhere meanwhile, and note what was asked for it. */
const elsewhere = async (content, deed) => {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(request.headers);
    response.setHeader('content-type', 'text/plain').end(content);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  try {
    await deed(`http://127.0.0.1:${server.address().port}/some%20notes.txt`, asked);
  } finally {
    server.close();
  }
};

test('a connection is tried, and a wrong token is said', async () => {
  const known = await run(app.authentication.test, bundle());
  const wrong = { authData: { ...authData, token: 'rsh_pat_wrong' }, inputData: {} };

  assert.ok(known);
  await assert.rejects(run(app.authentication.test, wrong), Failed);
});

test('every trigger subscribes, shows samples and leaves', async () => {
  for (const trigger of Object.values(app.triggers)) {
    const { operation } = trigger;
    const more = { targetUrl: 'https://hooks.zapier.com/hooks/standard/1/' };
    const asked = bundle({ event: 'asset.*' }, more);
    const subscribed = await run(operation.performSubscribe, asked);
    const event = { ...asked, inputData: { event: 'upload.completed' } };
    const samples = await run(operation.performList, event);
    await run(operation.performUnsubscribe, { ...asked, subscribeData: subscribed });

    assert.match(subscribed.id, /^whk_/);
    assert.ok(samples.length > 0 && samples.every((each) => each.id && each.data));
    assert.deepEqual(Object.keys(operation.sample), Object.keys(samples[0]));
  }
});

test('a link is made, a file goes into its project, is found and shared', async () => {
  const made = await run(
    app.creates.make_link.operation.perform,
    bundle({ client: 'Acme Corp', project: 'Spring', title: 'Dailies', password: '' })
  );
  assert.match(made.url, /\/u\//);

  await elsewhere('what was said', async (file, asked) => {
    const wish = bundle({ file, project: 'acme-corp/spring' });
    const sent = await run(app.creates.send_file.operation.perform, wish);
    assert.equal(sent.file_name, 'some notes.txt');
    assert.equal(sent.size_bytes, 13);
    assert.equal(asked[0].authorization, undefined);
  });

  const shared = await run(
    app.creates.make_share.operation.perform,
    bundle({ project: 'acme-corp/spring', title: 'First cut' })
  );
  assert.match(shared.url, /\/s\//);
  const wish = bundle({ q: 'nothing has this name' });
  assert.deepEqual(await run(app.searches.find_asset.operation.perform, wish), []);
});

test('what the server refuses is said in its words', async () => {
  const partner = app.creates.hand_to_partner.operation.perform;
  const share = app.creates.make_share.operation.perform;

  await assert.rejects(run(partner, bundle({ asset_id: 'ast_unknown', partner: 'mux' })), {
    status: 404,
    code: 'asset.not_found',
  });
  await assert.rejects(async () => run(share, bundle({})), { status: 422 });
});
