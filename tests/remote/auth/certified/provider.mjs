// The certified OpenID provider on a free port: prints its address, and ends with its standard input.
//
//   node provider.mjs FOLDER_OF_NODE_MODULES REDIRECT_URI LIFETIME_S
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [modules, redirectUri, lifetime] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${modules}/`));
const { default: Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));

const server = createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const seconds = Number(lifetime);

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "flytectl",
      application_type: "native",
      token_endpoint_auth_method: "none",
      redirect_uris: [redirectUri],
      response_types: ["code"],
      grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
    },
    {
      client_id: "robot",
      client_secret: "s3cret/+",
      token_endpoint_auth_method: "client_secret_basic",
      redirect_uris: [],
      response_types: [],
      grant_types: ["client_credentials"],
    },
  ],
  scopes: ["openid", "offline_access", "all"],
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    devInteractions: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
  },
  cookies: { keys: ["a test's own"] },
  findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  ttl: { AccessToken: seconds, ClientCredentials: seconds, RefreshToken: 60, DeviceCode: 10, Grant: 60, Session: 60, Interaction: 60, IdToken: 60, AuthorizationCode: 30 },
});
server.on("request", provider.callback());
process.stdout.write(`${issuer}\n`);
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
