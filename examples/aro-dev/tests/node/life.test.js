// One cluster from create to delete, as the generic JavaScript client of Azure's resource manager sees it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { ResourceManagementClient } from "@azure/arm-resources";
import { ClientSecretCredential } from "@azure/identity";

const API_VERSION = "2025-07-25";
const READY_SECONDS = 60;

let dev, folder, ready, client;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aro-dev-node-"));
  const file = join(folder, "ready.json");
  const program = process.env.ARO_DEV ?? "target/debug/aro-dev";
  const options = ["--serve", "--port-base", "0", "--speed", "20", "--data-dir", join(folder, "data")];
  dev = spawn(program, [...options, "--ready-file", file], { stdio: "ignore" });
  for (const deadline = Date.now() + READY_SECONDS * 1000; !existsSync(file); await pause(50)) {
    assert.equal(dev.exitCode, null, "aro-dev ended before it was ready");
    assert.ok(Date.now() < deadline, "aro-dev did not become ready");
  }
  ready = JSON.parse(readFileSync(file, "utf8"));
  const tlsOptions = { ca: readFileSync(ready.ca_file, "utf8") };
  const [{ client_id, secret }] = ready.service_principals;
  const credential = new ClientSecretCredential(ready.tenant, client_id, secret, {
    authorityHost: ready.login,
    disableInstanceDiscovery: true,
    tlsOptions,
  });
  client = new ResourceManagementClient(credential, ready.subscriptions[0], {
    endpoint: ready.arm,
    credentialScopes: [`${ready.arm}/.default`],
    retryOptions: { maxRetries: 0 },
    tlsOptions,
  });
});

after(async () => {
  const ended = new Promise((resolve) => dev.once("exit", resolve));
  dev.kill("SIGINT");
  assert.equal(await ended, 0, "aro-dev ends cleanly");
  rmSync(folder, { recursive: true, force: true });
});

test("a cluster lives", async () => {
  const [subscription] = ready.subscriptions;
  const [, principal] = ready.service_principals;
  await client.resourceGroups.createOrUpdate("node", { location: ready.location });
  // Without its leading slash: the client adds one.
  const id = `subscriptions/${subscription}/resourceGroups/node/providers/Microsoft.RedHatOpenShift/openShiftClusters/node`;
  const cluster = {
    location: ready.location,
    tags: { purpose: "test" },
    properties: {
      clusterProfile: {
        domain: "node",
        resourceGroupId: `/subscriptions/${subscription}/resourceGroups/node-managed`,
        fipsValidatedModules: "Disabled",
      },
      servicePrincipalProfile: { clientId: principal.client_id, clientSecret: principal.secret },
      networkProfile: { podCidr: "10.128.0.0/14", serviceCidr: "172.30.0.0/16" },
      masterProfile: {
        vmSize: "Standard_D8s_v3",
        subnetId: ready.network.master_subnet,
        encryptionAtHost: "Disabled",
      },
      workerProfiles: [
        {
          name: "worker",
          vmSize: "Standard_D4s_v3",
          diskSizeGB: 128,
          subnetId: ready.network.worker_subnet,
          count: 3,
          encryptionAtHost: "Disabled",
        },
      ],
      apiserverProfile: { visibility: "Public" },
      ingressProfiles: [{ name: "default", visibility: "Public" }],
    },
  };

  const created = await client.resources.beginCreateOrUpdateByIdAndWait(id, API_VERSION, cluster);
  assert.equal(created.properties.provisioningState, "Succeeded");
  assert.equal(created.id, `/${id}`);
  assert.equal(created.properties.servicePrincipalProfile.clientSecret, undefined);

  const shown = await client.resources.getById(id, API_VERSION);
  assert.deepEqual(shown.tags, { purpose: "test" });

  const updated = await client.resources.beginUpdateByIdAndWait(id, API_VERSION, { tags: { purpose: "changed" } });
  assert.deepEqual(updated.tags, { purpose: "changed" });

  await assert.rejects(
    client.resources.beginUpdateByIdAndWait(id, API_VERSION, { properties: { clusterProfile: { domain: "other" } } }),
    (error) => error.statusCode === 400 && error.code === "PropertyChangeNotAllowed",
  );

  await client.resources.beginDeleteByIdAndWait(id, API_VERSION);
  await assert.rejects(client.resources.getById(id, API_VERSION), (error) => error.statusCode === 404);
});
