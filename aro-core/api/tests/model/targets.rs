//! What holds for any bytes: one function for each promise. The property tests call them with what proptest makes up,
//! `cargo xtask fuzz` with random changes of good bodies.

use aro_api::model::{Cluster, ProvisioningState};
use aro_api::request::{self, Conversion, Method, preflight};
use aro_api::secret::InTheClear;
use aro_api::{ApiVersion, stored, view};
use serde_json::Value;

use super::sample::{Catalogue, body, full, workload_identity_body};

/// A promise.
pub type Target = fn(&[u8]);

/// All promises by name.
pub const TARGETS: [(&str, Target); 6] = [
    ("requests", requests),
    ("repeated", repeated),
    ("survival", survival),
    ("secrets", secrets),
    ("stored", stored_form),
    ("others", others),
];

/// Bodies to start from.
pub fn seeds() -> Vec<Vec<u8>> {
    let latest = ApiVersion::latest();
    [
        body().to_string().into_bytes(),
        workload_identity_body().to_string().into_bytes(),
        view::cluster(&full(), latest),
        view::cluster(&full(), ApiVersion::admin()),
        stored::to_string(&full(), &InTheClear, "document")
            .unwrap()
            .into_bytes(),
        br#"{"resources":[{"id":"/","type":"Microsoft.RedHatOpenShift/openShiftClusters","apiVersion":"admin"}]}"#
            .to_vec(),
    ]
    .to_vec()
}

/// What a change puts in the place of a part of a body.
const PIECES: [&str; 20] = [
    "",
    "null",
    "[]",
    "{}",
    "\"\"",
    "-1",
    "1e999",
    "\\",
    "[null]",
    "\"id\":1,",
    "99999999999999999999",
    "1.0",
    "2147483648",
    "\"properties\":{},",
    "\"tags\":{\"a\":null},",
    "\\ud800",
    "\u{17f}",
    ",",
    "true",
    "\"Enabled\"",
];

/// Puts one of [`PIECES`], chosen by `what`, in the place of `len` bytes, or doubles them.
pub fn change(body: &mut Vec<u8>, at: usize, len: usize, what: usize) {
    let end = (at + len).min(body.len());
    let piece = match PIECES.get(what % (PIECES.len() + 1)) {
        Some(piece) => piece.as_bytes().to_vec(),
        None => [&body[at..end], &body[at..end]].concat(),
    };
    body.splice(at..end, piece);
}

const METHODS: [Method; 2] = [Method::Put, Method::Patch];

fn text(cluster: &Cluster) -> String {
    stored::to_string(cluster, &InTheClear, "document").unwrap()
}

/// The cluster as the store gives it back, its operation ended.
fn settled(mut cluster: Cluster) -> Cluster {
    cluster.properties.provisioning_state = ProvisioningState::Succeeded;
    cluster.properties.last_provisioning_state = ProvisioningState::Unset;
    stored::from_str(&text(&cluster)).unwrap()
}

fn current() -> Cluster {
    let catalogue = Catalogue::new();
    let body = body().to_string();
    let request = catalogue.request(ApiVersion::latest(), Method::Put, body.as_bytes());
    settled(request::create(&request).unwrap())
}

/// No bytes make a request panic, and what is refused is the client's fault.
pub fn requests(bytes: &[u8]) {
    let catalogue = Catalogue::new();
    for version in ApiVersion::all() {
        for method in METHODS {
            let request = catalogue.request(version, method, bytes);
            let outcomes = [
                request::create(&request).map(drop),
                request::update(&request, &current()).map(drop),
                request::update(&request, &full()).map(drop),
            ];
            for error in outcomes.into_iter().filter_map(Result::err) {
                assert_eq!(error.status_code, 400, "{version} {error}");
                assert!(!error.message.contains('"') && error.message.ends_with('.'), "{error}");
            }
            let first = request::findings(&request, None)
                .ok()
                .and_then(|all| all.into_iter().next());
            if let (Some(first), Err(error)) = (first, request::check(&request, None)) {
                assert_eq!((first.code, first.target), (error.code, error.target), "{version}");
            }
        }
    }
}

/// What was accepted once is accepted again and changes nothing; so is what GET shows of the outcome.
pub fn repeated(bytes: &[u8]) {
    let catalogue = Catalogue::new();
    for version in ApiVersion::all() {
        for method in METHODS {
            let request = catalogue.request(version, method, bytes);
            let Ok(once) = request::update(&request, &current()) else {
                continue;
            };
            let once = settled(once);
            let again =
                request::update(&request, &once).unwrap_or_else(|error| panic!("{version} {method:?}: {error}"));
            assert_eq!(text(&settled(again)), text(&once), "{version} {method:?}");
            if version.is_admin() {
                continue;
            }
            let shown = view::cluster(&once, version);
            let request = catalogue.request(version, method, &shown);
            let again =
                request::update(&request, &once).unwrap_or_else(|error| panic!("{version} {method:?}: {error}"));
            assert_eq!(text(&settled(again)), text(&once), "{version} {method:?}, as shown");
        }
    }
}

/// What no body can reach stays: unknown members, and what only the service knows. Laying the same body over the
/// outcome changes nothing more.
pub fn survival(bytes: &[u8]) {
    const OUT_OF_REACH: [&str; 12] = [
        "/fromTheFuture",
        "/properties/fromTheFuture",
        "/properties/clusterProfile/fromTheFuture",
        "/properties/consoleProfile/fromTheFuture",
        "/properties/networkProfile/fromTheFuture",
        "/properties/masterProfile/fromTheFuture",
        "/properties/apiserverProfile/fromTheFuture",
        "/properties/hiveProfile/fromTheFuture",
        "/properties/zones",
        "/properties/sshKey",
        "/properties/kubeadminPassword",
        "/properties/registryProfiles",
    ];
    let before: Cluster = stored::from_str(&text(&full())).unwrap();
    let stored_before: Value = serde_json::from_str(&text(&before)).unwrap();
    for version in ApiVersion::all() {
        for method in METHODS {
            let Ok(after) = request::convert(&before, version, method, bytes, Conversion::default()) else {
                continue;
            };
            let stored_after: Value = serde_json::from_str(&text(&after)).unwrap();
            for pointer in OUT_OF_REACH {
                assert_eq!(
                    stored_after.pointer(pointer),
                    stored_before.pointer(pointer),
                    "{version} {pointer}"
                );
            }
            let again = request::convert(&after, version, method, bytes, Conversion::default()).unwrap();
            assert_eq!(text(&again), text(&after), "{version} {method:?}");
        }
    }
}

/// No secret of the cluster, nor one of the body, leaves.
pub fn secrets(bytes: &[u8]) {
    let catalogue = Catalogue::new();
    for version in ApiVersion::all() {
        for method in METHODS {
            let request = catalogue.request(version, method, bytes);
            match request::convert(&full(), version, method, bytes, Conversion::default()) {
                Ok(cluster) => clean(&String::from_utf8(view::cluster(&cluster, version)).unwrap(), bytes),
                Err(error) => clean(&format!("{error} {error:?}"), bytes),
            }
            if let Err(error) = request::update(&request, &full()) {
                clean(&format!("{error} {error:?}"), bytes);
            }
        }
    }
}

fn clean(text: &str, bytes: &[u8]) {
    // A body may say the word itself, in a member that is no secret.
    let spoken = bytes.windows(6).any(|window| window == b"canary");
    assert!(spoken || !text.contains("canary"), "a secret leaves: {text}");
}

/// What can be read from the store is written back as it was.
pub fn stored_form(bytes: &[u8]) {
    let Ok(given) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(cluster) = stored::from_str::<Cluster>(given) {
        let once = text(&cluster);
        assert_eq!(text(&stored::from_str::<Cluster>(&once).unwrap()), once);
    }
}

/// Headers, preflight, catalogue and maintenance do not panic either.
pub fn others(bytes: &[u8]) {
    let _ = request::system_data(bytes);
    let catalogue = Catalogue::new();
    for resource in preflight::resources(bytes).unwrap_or_default() {
        if let Ok(Some(wish)) = preflight::wish(resource) {
            let _ = wish.check(&catalogue.request(wish.version, Method::Put, b""), None);
        }
    }
    let _ = request::read_schedule(bytes).map(|schedule| request::check_schedule(&schedule, None));
    let _ = request::read_manifest(bytes).map(|manifest| request::check_manifest(&manifest, None));
    let _ = request::catalogue::put_openshift_version(bytes, None);
    let _ = request::catalogue::put_role_set(bytes, None);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = aro_api::calendar::check(text);
        let _ = aro_api::calendar::is_span(text);
        let _ = aro_api::arm_id::ResourceId::parse(text);
    }
}
