// Sends a file with an unmodified tus-js-client: stops in the middle and goes on, or in parallel.
//   node send.cjs FILE ENDPOINT MODULES STOP_AT [PROTOCOL [PARALLEL]]
// Prints the upload's address; MODULES is the folder that holds tus-js-client, PROTOCOL one of
// those that it speaks (tus-v1, ietf-draft-03, ietf-draft-05).
const fs = require("node:fs");
const path = require("node:path");

const [file, endpoint, modules, stopAt, protocol = "tus-v1", parallel] = process.argv.slice(2);
const tus = require(path.join(modules, "tus-js-client"));

function send(url, stop) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(fs.createReadStream(file), {
      endpoint,
      protocol,
      uploadUrl: url,
      chunkSize: 1024 * 1024,
      ...(parallel
        ? { parallelUploads: Number(parallel) }
        : { uploadSize: fs.statSync(file).size }),
      metadata: { filename: path.basename(file), filetype: "video/mp4" },
      retryDelays: [100, 300],
      onError: reject,
      onSuccess: () => resolve(upload.url),
      onChunkComplete: (_size, sent) => {
        if (sent >= stop) void upload.abort().then(() => resolve(upload.url));
      },
    });
    upload.start();
  });
}

(parallel
  ? send(null, Infinity)
  : send(null, Number(stopAt)).then((url) => send(url, Infinity))
)
  .then(
    (url) => console.log(url),
    (error) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
