// Rushes for Zapier: what Zapier asks, and how each of it is asked of your own server.
'use strict';

const packaged = require('./package.json');
const authentication = require('./authentication');
const { events } = require('./triggers/events');
const handToPartner = require('./creates/hand_to_partner');
const makeLink = require('./creates/make_link');
const makeShare = require('./creates/make_share');
const sendFile = require('./creates/send_file');
const findAsset = require('./searches/find_asset');
const { addToken } = require('./request');

const byKey = (...parts) => Object.fromEntries(parts.map((part) => [part.key, part]));

module.exports = {
  version: packaged.version,
  // The one that it was written for; Zapier runs it, and nothing else of it is needed here.
  platformVersion: packaged.dependencies['zapier-platform-core'],
  authentication,
  beforeRequest: [addToken],
  triggers: byKey(...events),
  creates: byKey(makeLink, makeShare, sendFile, handToPartner),
  searches: byKey(findAsset),
};
