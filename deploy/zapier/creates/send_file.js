// Import a file by its address: it is fetched there, and sent on by tus (creation with upload).
'use strict';

const { baseOf, ask, read } = require('../request');

const TUS = '1.0.0';
const MOST_BYTES = 100 * 2 ** 20; // Zapier ends an action after 30 seconds

const word = (name, text) => `${name} ${Buffer.from(String(text)).toString('base64')}`;

/** Return the last part of an address's path. */
const nameOf = (address) => decodeURIComponent(new URL(address).pathname.split('/').pop() || '');

const perform = async (z, bundle) => {
  const { file, project, file_name: told } = bundle.inputData;
  const fetched = await z.request({ url: file, raw: true, skipThrowForStatus: true });
  if (fetched.status !== 200) {
    throw new z.errors.Error(`The file's address answered ${fetched.status}.`, 'file', 422);
  }
  const content = await fetched.buffer();
  if (content.length > MOST_BYTES) {
    throw new z.errors.Error('Zapier carries 100 MiB at most; use an upload link.', 'file', 413);
  }
  const name = told || nameOf(file) || 'file';
  const type = fetched.headers.get('content-type') || 'application/octet-stream';
  const words = [word('filename', name), word('filetype', type), word('project', project)];
  const sent = await z.request({
    method: 'POST',
    url: `${baseOf(bundle)}/files/`,
    headers: {
      'Tus-Resumable': TUS,
      'Upload-Length': String(content.length),
      'Upload-Metadata': words.join(','),
      'Content-Type': 'application/offset+octet-stream',
    },
    body: content,
    skipThrowForStatus: true,
  });
  read(z, sent);
  const uploadId = sent.getHeader('location').split('/').pop();
  return ask(z, bundle, 'GET', `/uploads/${uploadId}`);
};

module.exports = {
  key: 'send_file',
  noun: 'File',
  display: {
    label: 'Import File',
    description: 'Fetches a file by its address, and puts it into a project.',
  },
  operation: {
    perform,
    inputFields: [
      { key: 'file', label: 'File', type: 'file', required: true },
      {
        key: 'project',
        label: 'Project',
        type: 'string',
        required: true,
        helpText: '`client-slug/project-slug`, or its id.',
      },
      { key: 'file_name', label: 'File Name', type: 'string' },
    ],
    sample: {
      id: 'upl_00d1zznskbwgg03rcjnwbzwx85rght8eszq7',
      state: 'completed',
      file_name: 'interview.mov',
      size_bytes: 41875931,
    },
    outputFields: [
      { key: 'id', label: 'Upload ID' },
      { key: 'asset_id', label: 'Asset ID' },
      { key: 'state', label: 'State' },
    ],
  },
};
