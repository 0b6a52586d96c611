// A provider of identities, unmodified: `oidc-provider` on a port of its own, which it prints.
// Whoever logs in as `name@host` is that person; an address that begins with `un` is not verified.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [redirectUri, afterwards] = process.argv.slice(2);
const server = createServer();

server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "rushes",
        client_secret: "a secret that nobody guesses",
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [afterwards],
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    cookies: { keys: ["for tests alone"] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id, email_verified: !id.startsWith("un") }),
    }),
  });
  server.on("request", provider.callback());
  process.stdout.write(`${issuer}\n`);
});

// Whoever started this ends it by closing its input.
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
