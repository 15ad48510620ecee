//! From bytes in to bytes out, next to what parsing the same bytes into a `serde_json::Value` costs in the same run.
//!
//! `cargo bench -p aro-api`. Figures of one run can be compared with each other, those of two machines only as ratios.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark may stop where it finds nothing to measure"
)]

#[path = "../tests/model/sample.rs"]
#[allow(dead_code, reason = "benchmarks need a part of the samples only")]
mod sample;

use std::hint::black_box;
use std::time::Duration;

use aro_api::model::{Cluster, ProvisioningState};
use aro_api::request::{self, Method, PutOrPatch};
use aro_api::secret::{InTheClear, SealError, Sealer};
use aro_api::{ApiVersion, stored, view};
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use sample::{Catalogue, body, body_with_operators};

/// The operators of a cluster with workload identities.
const OPERATORS: [&str; 8] = [
    "aro-operator",
    "cloud-controller-manager",
    "cloud-network-config",
    "disk-csi-driver",
    "file-csi-driver",
    "image-registry",
    "ingress",
    "machine-api",
];

/// How long a body is, in bytes.
const BODY: usize = 3 * 1024;

/// How many clusters a page of a list has, and how many a long list.
const LISTS: [usize; 2] = [10, 10_000];

/// A body of a subscription's usual shape: a pull secret for four registries, tags, and what else it names.
fn realistic(mut body: Value) -> String {
    let registry = |name: &str| {
        (
            name.to_owned(),
            json!({"auth": "dGhpcyBpcyBub3QgYSBzZWNyZXQ=", "email": "a@b.example"}),
        )
    };
    let registries = [
        "cloud.openshift.com",
        "quay.io",
        "registry.connect.redhat.com",
        "registry.redhat.io",
    ];
    let auths = registries.map(registry).into_iter().collect::<serde_json::Map<_, _>>();
    body["properties"]["clusterProfile"]["pullSecret"] = json!({ "auths": auths }).to_string().into();
    let mut number = 0;
    while body.to_string().len() + 30 < BODY {
        number += 1;
        body["tags"][format!("tag-{number:02}")] = "a value that says it".into();
    }
    body.to_string()
}

/// The cluster as the store gives it back after its creation.
fn created(catalogue: &Catalogue, body: &str) -> Cluster {
    let request = catalogue.request(ApiVersion::latest(), Method::Put, body.as_bytes());
    let data = br#"{"createdBy":"a@b.example","createdByType":"User","createdAt":"2026-01-02T03:04:05Z"}"#;
    let data = request::system_data(data).unwrap();
    let request = PutOrPatch {
        system_data: Some(&data),
        ..request
    };
    let mut cluster = request::create(&request).unwrap();
    cluster.properties.provisioning_state = ProvisioningState::Succeeded;
    stored::from_str(&stored::to_string(&cluster, &InTheClear, "document").unwrap()).unwrap()
}

fn requests(c: &mut Criterion) {
    let catalogue = Catalogue::with_operators(&OPERATORS);
    let legacy = ApiVersion::parse("2023-11-22").unwrap();
    for (name, version, body) in [
        (
            "identities",
            ApiVersion::latest(),
            realistic(body_with_operators(&OPERATORS)),
        ),
        ("principal", ApiVersion::latest(), realistic(body())),
        ("principal, legacy dialect", legacy, realistic(body())),
    ] {
        let mut group = c.benchmark_group(format!("{name}, {} bytes", body.len()));
        group.bench_function("parse into Value", |b| {
            b.iter(|| serde_json::from_slice::<Value>(black_box(body.as_bytes())).unwrap());
        });
        group.bench_function("create: validated and converted", |b| {
            let request = catalogue.request(version, Method::Put, body.as_bytes());
            b.iter(|| request::create(black_box(&request)).unwrap());
        });
        group.bench_function("create: bytes to bytes", |b| {
            let request = catalogue.request(version, Method::Put, body.as_bytes());
            b.iter(|| view::cluster(&request::create(black_box(&request)).unwrap(), version));
        });
        let current = created(&catalogue, &body);
        for method in [Method::Put, Method::Patch] {
            group.bench_function(BenchmarkId::new("update: bytes to bytes", format!("{method:?}")), |b| {
                let request = catalogue.request(version, method, body.as_bytes());
                b.iter(|| view::cluster(&request::update(black_box(&request), &current).unwrap(), version));
            });
        }
        group.finish();
    }
}

fn lists(c: &mut Criterion) {
    let catalogue = Catalogue::with_operators(&OPERATORS);
    let body = realistic(body_with_operators(&OPERATORS));
    let cluster = created(&catalogue, &body);
    for clusters in LISTS {
        let list = vec![cluster.clone(); clusters];
        let mut group = c.benchmark_group(format!("list of {clusters}"));
        group.sample_size(10).measurement_time(Duration::from_secs(3));
        for version in [ApiVersion::latest(), ApiVersion::parse("2023-11-22").unwrap()] {
            let bytes = view::cluster_list(&list, version, None).len();
            group.throughput(Throughput::Bytes(bytes as u64));
            group.bench_function(format!("encode {version}, {bytes} bytes"), |b| {
                b.iter(|| view::cluster_list(black_box(&list), version, None));
            });
        }
        group.finish();
    }
}

/// AES-256-GCM, as the key ring of the store.
struct Key(RandomizedNonceKey);

impl Sealer for Key {
    fn seal(&self, context: &str, plain: &[u8]) -> Result<String, SealError> {
        let mut text = plain.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(context.as_bytes()), &mut text)
            .map_err(|_| failed(context))?;
        text.splice(0..0, nonce.as_ref().iter().copied());
        Ok(STANDARD.encode(text))
    }

    fn open(&self, context: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let mut text = STANDARD.decode(sealed).map_err(|_| failed(context))?;
        let mut sealed = text.split_off(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(&text).map_err(|_| failed(context))?;
        let plain = self
            .0
            .open_in_place(nonce, Aad::from(context.as_bytes()), &mut sealed)
            .map_err(|_| failed(context))?;
        Ok(Zeroizing::new(plain.to_vec()))
    }
}

fn failed(context: &str) -> SealError {
    SealError::Failed {
        context: context.to_owned(),
    }
}

fn rest(c: &mut Criterion) {
    let catalogue = Catalogue::with_operators(&OPERATORS);
    let body = realistic(body());
    let request = catalogue.request(ApiVersion::latest(), Method::Put, body.as_bytes());
    let fresh = request::create(&request).unwrap();
    let key = Key(RandomizedNonceKey::new(&AES_256_GCM, &[7; 32]).unwrap());
    let text = stored::to_string(&fresh, &key, "document").unwrap();
    let untouched = stored::from_str::<Cluster>(&text).unwrap();

    let mut group = c.benchmark_group(format!("stored form, {} bytes", text.len()));
    group.bench_function("write, nothing sealed", |b| {
        b.iter(|| stored::to_string(black_box(&fresh), &InTheClear, "document").unwrap());
    });
    group.bench_function("write, new secrets sealed", |b| {
        b.iter(|| stored::to_string(black_box(&fresh), &key, "document").unwrap());
    });
    group.bench_function("write, secrets as they were", |b| {
        b.iter(|| stored::to_string(black_box(&untouched), &key, "document").unwrap());
    });
    group.bench_function("read", |b| {
        b.iter(|| stored::from_str::<Cluster>(black_box(&text)).unwrap());
    });
    group.bench_function("read and open one secret", |b| {
        b.iter(|| {
            let cluster = stored::from_str::<Cluster>(black_box(&text)).unwrap();
            let profile = cluster.properties.service_principal_profile.unwrap();
            profile.client_secret.open(&key, "document").unwrap()
        });
    });
    group.bench_function("parse into Value", |b| {
        b.iter(|| serde_json::from_str::<Value>(black_box(&text)).unwrap());
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .without_plots();
    targets = requests, lists, rest
}
criterion_main!(benches);
