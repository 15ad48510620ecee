//! Every secret is a unique string; after a whole life of a cluster none of them is in a reply, a log or a database file.

use std::path::{Path, PathBuf};

use aro_api::Sealer;
use aro_api::resource::Ref;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::estate::{API_VERSION, Estate, free_ports, text};

/// The id by which the client's request is found again everywhere.
const CORRELATION: &str = "c0ffee00-0000-4000-8000-000000000001";

#[tokio::test]
async fn no_secret_leaves_the_service() {
    let estate = Estate::start(1, 50.0).await;
    let measured: Vec<String> = free_ports(2).iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let measuring = ("ARO_FRONTEND__METRICS__LISTEN", measured[0].clone());
    let mut frontend = estate.frontend_with(0, "frontend", &[measuring]).await;
    let mut worker = estate.worker("worker", &[("metrics.listen", &measured[1])]);
    estate.create_group().await;

    let wish = estate.wish("canary", 1);
    let pull_canary = format!("canary-{}", uuid::Uuid::new_v4().simple());
    let auth = STANDARD.encode(format!("user:{pull_canary}"));
    let pull_secret = json!({"auths": {"registry.redhat.io": {"auth": auth, "email": "a@example.com"}}}).to_string();
    let mut body = estate.body(&wish);
    body["properties"]["clusterProfile"]["pullSecret"] = pull_secret.clone().into();
    let mut secrets = vec![wish.secret.clone(), pull_canary, auth, pull_secret];

    // Replies of all kinds, the refused ones too: an error must not quote what it refuses.
    let mut replies = Vec::new();
    let path = estate.cluster("canary");
    let mut wrong = body.clone();
    wrong["properties"]["clusterProfile"]["pullSecret"] = format!("{{\"{}\"", secrets[1]).into();
    replies.push(estate.call(Method::PUT, &path, Some(&wrong)).await);
    wrong["properties"]["servicePrincipalProfile"]["clientSecret"] = json!({ "not": wish.secret });
    replies.push(estate.call(Method::PUT, &path, Some(&wrong)).await);
    let before = estate.inspect("calls").await["value"].as_array().map_or(0, Vec::len);
    let url = format!("{}{path}?api-version={API_VERSION}", text(&estate.ready["arm"]));
    let created = estate
        .try_send_as(Method::PUT, &url, Some(&body), Some(CORRELATION))
        .await
        .unwrap();
    assert_eq!(created.status, 201, "{created:?}");
    estate.succeeded(created.operation.as_deref().unwrap()).await;
    correlation_is_followed(&estate.inspect("calls").await, before);
    replies.push(created.clone());
    replies.push(estate.call(Method::GET, &path, None).await);
    let group = format!(
        "{}/providers/Microsoft.RedHatOpenShift/openShiftClusters",
        estate.group()
    );
    replies.push(estate.call(Method::GET, &group, None).await);
    replies.push(
        estate
            .try_send(Method::GET, created.operation.as_deref().unwrap(), None)
            .await
            .unwrap(),
    );

    // What the service made itself is secret too; these two replies are where it may be shown.
    let credentials = estate
        .call(Method::POST, &format!("{path}/listCredentials"), None)
        .await;
    secrets.push(text(&credentials.body["kubeadminPassword"]).to_string());
    let admin = estate
        .call(Method::POST, &format!("{path}/listAdminCredentials"), None)
        .await;
    secrets.extend(kubeconfig_secrets(text(&admin.body["kubeconfig"])));

    // And every secret member of the stored cluster, whoever wrote it.
    let store = estate.store().await;
    let stored = store.clusters().get(&path).await.unwrap().unwrap();
    let before = secrets.len();
    collect(
        Ref::Struct(&stored.document.cluster),
        store.sealer(),
        &stored.id,
        &mut secrets,
    );
    assert!(
        secrets.len() >= before + 4,
        "pull secret, client secret, kubeconfig, password"
    );
    store.close().await;
    secrets.push(std::fs::read_to_string(estate.folder.path().join("data/first-party.secret")).unwrap());

    let change = json!({"tags": {"changed": "yes"}});
    let updated = estate.call(Method::PATCH, &path, Some(&change)).await;
    estate.succeeded(updated.operation.as_deref().unwrap()).await;
    replies.push(updated);
    replies.push(estate.call(Method::PUT, &path, Some(&wrong)).await);

    // What is measured is no secret, and both services say it to who comes for it.
    let mut texts = Vec::new();
    for (address, sample) in measured.iter().zip(["aro_frontend_count{", "aro_backend_"]) {
        let reply = reqwest::get(format!("http://{address}/metrics")).await.unwrap();
        let text = reply.text().await.unwrap();
        assert!(text.contains(sample), "{text}");
        texts.push(text);
    }

    worker.terminate().await;
    frontend.terminate().await;
    for secret in &secrets {
        assert!(secret.len() >= 8, "too short to be unique");
    }
    for text in &texts {
        refuse_secrets(&secrets, "the measurements", text.as_bytes());
    }
    for reply in &replies {
        refuse_secrets(&secrets, "a reply", reply.body.to_string().as_bytes());
    }
    let data = estate.folder.path().join("data");
    let mut files = vec![worker.log.clone(), frontend.log.clone(), estate.world.log.clone()];
    files.extend(database_files(&data));
    assert!(files.len() > 3, "no database under {}", data.display());
    // The search finds what is no secret, so it would find a secret.
    let database = std::fs::read(data.join("rp.db")).unwrap();
    assert!(
        database
            .windows(wish.client_id.len())
            .any(|window| window == wish.client_id.as_bytes())
    );
    for file in files {
        refuse_secrets(&secrets, &file.display().to_string(), &std::fs::read(&file).unwrap());
    }
}

/// Everything that the resource provider asks of Azure Resource Manager for a request carries its correlation id: first the
/// frontend's questions about the subscription, then the worker's work.
fn correlation_is_followed(calls: &Value, before: usize) {
    let calls: Vec<&Value> = calls["value"].as_array().unwrap().iter().skip(before).collect();
    let ours = calls
        .iter()
        .filter(|call| call["app_id"] == aro_sim::FIRST_PARTY_APP_ID && call["plane"] == "arm");
    let (followed, lost): (Vec<&Value>, Vec<&Value>) = ours.partition(|call| call["correlation_id"] == CORRELATION);
    assert!(lost.is_empty(), "{lost:#?}");
    let about = |part: &str| {
        followed
            .iter()
            .any(|call| text(&call["path"]).to_lowercase().contains(part))
    };
    assert!(
        about("/providers/microsoft.compute/skus"),
        "the frontend's: {followed:#?}"
    );
    assert!(about("/resourcegroups/managed-canary"), "the worker's: {followed:#?}");
}

/// The resource provider's database, with its journal files.
fn database_files(data: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("rp.db"))
        })
        .collect()
}

/// Opens every secret below a value.
fn collect(value: Ref<'_>, sealer: &dyn Sealer, document: &str, found: &mut Vec<String>) {
    match value {
        Ref::Secret(secret) | Ref::OptSecret(Some(secret)) => {
            found.push(secret.open(sealer, document).unwrap().to_string());
        }
        Ref::SecretBytes(secret) => {
            found.push(String::from_utf8_lossy(&secret.open(sealer, document).unwrap()).into_owned());
        }
        Ref::Struct(node) | Ref::OptStruct(Some(node)) => {
            for number in 0..node.shape().fields.len() {
                collect(node.get(number), sealer, document, found);
            }
        }
        Ref::List(list) => (0..list.len())
            .filter_map(|at| list.at(at))
            .for_each(|one| collect(one, sealer, document, found)),
        Ref::Map(map) => map.entries().for_each(|(_, one)| collect(one, sealer, document, found)),
        _ => {}
    }
    found.retain(|secret| !secret.is_empty());
}

/// The kubeconfig arrives as base64; its keys and tokens are what must not be seen.
fn kubeconfig_secrets(encoded: &str) -> Vec<String> {
    let plain = String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap();
    let marks = ["client-key-data", "token"];
    let mut found = vec![encoded.to_string()];
    for line in plain.lines() {
        if marks.iter().any(|mark| line.contains(mark)) {
            let value = line.rsplit([' ', '"', ':']).find(|part| part.len() >= 8);
            found.extend(value.map(str::to_string));
        }
    }
    found
}

fn refuse_secrets(secrets: &[String], place: &str, bytes: &[u8]) {
    for (number, secret) in secrets.iter().enumerate() {
        let plain = secret.as_bytes();
        // Also as JSON escapes it, and as base64 would carry it.
        let escaped = Value::from(secret.as_str()).to_string();
        let forms = [
            plain.to_vec(),
            escaped.trim_matches('"').as_bytes().to_vec(),
            STANDARD.encode(plain).into_bytes(),
            STANDARD_NO_PAD.encode(plain).into_bytes(),
            URL_SAFE_NO_PAD.encode(plain).into_bytes(),
        ];
        for form in forms {
            // The secret itself is not printed: this text ends in a log.
            let found = bytes.windows(form.len()).any(|window| window == form);
            assert!(!found, "secret number {number} is in {place}");
        }
    }
}
