// The scenario as the generic JavaScript client of Azure's resource manager plays it. That client knows no actions: the
// credentials are asked for through its pipeline, with its credential.

import { readFileSync } from "node:fs";
import { once } from "node:events";

import { ResourceManagementClient } from "@azure/arm-resources";
import { createPipelineRequest } from "@azure/core-rest-pipeline";
import { ClientSecretCredential } from "@azure/identity";

const API_VERSION = "2025-07-25";
const { ready, group, name, document, change } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const tlsOptions = { ca: readFileSync(ready.ca_file, "utf8") };
const [subscription] = ready.subscriptions;
const [{ client_id, secret }] = ready.service_principals;
const credential = new ClientSecretCredential(ready.tenant, client_id, secret, {
  authorityHost: ready.login,
  disableInstanceDiscovery: true,
  tlsOptions,
});
const client = new ResourceManagementClient(credential, subscription, {
  endpoint: ready.arm,
  credentialScopes: [`${ready.arm}/.default`],
  retryOptions: { maxRetries: 0 },
  tlsOptions,
});
// Without its leading slash: the client adds one.
const id = `subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.RedHatOpenShift/openShiftClusters/${name}`;

const created = await client.resources.beginCreateOrUpdateByIdAndWait(id, API_VERSION, document);
const shown = await client.resources.getById(id, API_VERSION);
const listed = [];
for await (const resource of client.resources.listByResourceGroup(group)) listed.push(resource.id);
const updated = await client.resources.beginUpdateByIdAndWait(id, API_VERSION, change);
const url = `${ready.arm.replace(/\/$/, "")}/${id}/listCredentials?api-version=${API_VERSION}`;
const reply = await client.sendRequest(createPipelineRequest({ url, method: "POST", tlsSettings: tlsOptions }));
const seen = {
  created: created.id,
  shown: shown.id,
  listed,
  tags: updated.tags,
  user: JSON.parse(reply.bodyAsText).kubeadminUsername,
};
console.log(JSON.stringify(seen));
await once(process.stdin, "data");
await client.resources.beginDeleteByIdAndWait(id, API_VERSION);
process.exit(0);
