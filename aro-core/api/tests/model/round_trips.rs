//! What holds for any document and any body.

use aro_api::model::Cluster;
use aro_api::request::{self, Conversion, Method};
use aro_api::resource::{Mut, Node};
use aro_api::secret::{InTheClear, Secret, SecretBytes};
use aro_api::{ApiVersion, stored, view};
use proptest::prelude::*;
use serde_json::Value;

use super::sample::full;
use super::targets::{TARGETS, change, seeds};

fn text(cluster: &Cluster) -> String {
    stored::to_string(cluster, &InTheClear, "document").unwrap()
}

fn reread(cluster: &Cluster) -> Cluster {
    stored::from_str(&text(cluster)).unwrap()
}

fn patch(cluster: &Cluster, version: ApiVersion, body: &str) -> Cluster {
    request::convert(cluster, version, Method::Patch, body.as_bytes(), Conversion::default()).unwrap()
}

#[test]
fn every_member_and_every_unknown_member_survives_the_store_digit_for_digit() {
    let once = text(&full());
    assert_eq!(text(&stored::from_str(&once).unwrap()), once);
    assert!(once.contains("1.50"));
}

#[test]
fn what_a_version_does_not_show_survives_a_write_through_it() {
    let before = reread(&full());
    for version in ApiVersion::all().filter(|version| !version.is_admin()) {
        let after = patch(&before, version, r#"{"tags":{"only":"this"}}"#);
        let (mut before, mut after): (Value, Value) = (
            serde_json::from_str(&text(&before)).unwrap(),
            serde_json::from_str(&text(&after)).unwrap(),
        );
        assert_eq!(after["tags"].take(), serde_json::json!({"only": "this"}), "{version}");
        before["tags"].take();
        assert_eq!(before, after, "{version}");
    }
}

#[test]
fn members_of_list_elements_survive_a_change_beside_them() {
    let before = reread(&full());
    for version in ApiVersion::all() {
        let mut shown: Value = serde_json::from_slice(&view::cluster(&before, version)).unwrap();
        shown["properties"]["ingressProfiles"][1]["visibility"] = "Private".into();
        let body = serde_json::json!({"properties": {"ingressProfiles": shown["properties"]["ingressProfiles"]}});
        let after = patch(&before, version, &body.to_string());
        let (old, new) = (&before.properties.ingress_profiles, &after.properties.ingress_profiles);
        assert_eq!(
            (&old[0], &old[1].rest, &old[1].ip),
            (&new[0], &new[1].rest, &new[1].ip),
            "{version}"
        );
        assert_eq!(new[1].visibility.as_str(), "Private");
    }
}

/// A cluster whose members are there or not as the bytes say.
fn cluster(bytes: &[u8]) -> Cluster {
    let mut cluster = Cluster::default();
    let mut bytes = bytes.iter().copied().cycle();
    fill_node(&mut cluster, &mut bytes);
    // The path and the type of a stored time; closed words cannot be random.
    reread(&cluster)
}

fn fill_node(node: &mut dyn Node, bytes: &mut dyn Iterator<Item = u8>) {
    for (number, field) in node.shape().fields.iter().enumerate() {
        if !field.request_only {
            fill(node.get_mut(number), bytes);
        }
    }
}

fn fill(value: Mut<'_>, bytes: &mut dyn Iterator<Item = u8>) {
    let byte = bytes.next().unwrap_or_default();
    if byte < 60 {
        return;
    }
    let word = format!("w{byte}<&>\u{2028}\"é");
    match value {
        Mut::Str(text) => *text = word,
        Mut::OptStr(text) => *text = Some(word),
        Mut::Int(number) => *number = i64::from(byte),
        Mut::OptInt(number) => *number = Some(i64::from(byte)),
        Mut::Bool(truth) => *truth = true,
        Mut::Time(time) => *time = time::OffsetDateTime::from_unix_timestamp(i64::from(byte) * 1_000_001).ok(),
        Mut::Word(open) => {
            open.set_word(&word);
        }
        Mut::Secret(secret) => *secret = Secret::new(word),
        Mut::OptSecret(secret) => *secret = Some(Secret::new(word)),
        Mut::SecretBytes(secret) => *secret = SecretBytes::new(word.into_bytes()),
        Mut::Struct(node) => fill_node(node, bytes),
        Mut::OptStruct(node) => fill_node(node.node_mut(), bytes),
        Mut::List(list) => {
            for index in 0..usize::from(byte % 3) + 1 {
                fill(list.at_mut(index), bytes);
            }
        }
        Mut::Map(map) => {
            for index in 0..byte % 3 + 1 {
                fill(map.fresh(format!("key {index}")), bytes);
            }
        }
        Mut::Opaque(_) => {}
    }
}

fn versions() -> impl Strategy<Value = ApiVersion> {
    proptest::sample::select(ApiVersion::all().collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_document_survives_the_store(bytes in proptest::collection::vec(any::<u8>(), 1..200)) {
        let cluster = cluster(&bytes);
        prop_assert_eq!(text(&reread(&cluster)), text(&cluster));
    }

    #[test]
    fn an_empty_patch_changes_nothing(bytes in proptest::collection::vec(any::<u8>(), 1..200), version in versions()) {
        let cluster = cluster(&bytes);
        prop_assert_eq!(text(&patch(&cluster, version, "{}")), text(&with_map(&cluster, version)));
    }

    #[test]
    fn patching_what_is_shown_changes_nothing(
        bytes in proptest::collection::vec(any::<u8>(), 1..200),
        version in versions(),
    ) {
        let cluster = cluster(&bytes);
        let shown = String::from_utf8(view::cluster(&cluster, version)).unwrap();
        let once = patch(&cluster, version, &shown);
        prop_assert_eq!(view::cluster(&once, version), view::cluster(&cluster, version));
        prop_assert_eq!(text(&patch(&once, version, &shown)), text(&once));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_keep_every_promise(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for (_, target) in TARGETS {
            target(&bytes);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_change_of_a_good_body_keeps_every_promise(
        seed in any::<prop::sample::Index>(),
        changes in proptest::collection::vec(any::<(prop::sample::Index, u8, u8)>(), 1..4),
    ) {
        let seeds = seeds();
        let mut body = seed.get(&seeds).clone();
        for (at, len, what) in changes {
            let at = at.index(body.len() + 1);
            change(&mut body, at, usize::from(len % 40), usize::from(what));
        }
        for (_, target) in TARGETS {
            target(&body);
        }
    }
}

/// A write through a version with identities gives a managed identity its map.
fn with_map(cluster: &Cluster, version: ApiVersion) -> Cluster {
    let mut cluster = cluster.clone();
    if let Some(identity) = cluster.identity.as_mut().filter(|_| version.has_role_sets()) {
        identity.user_assigned_identities.as_map_mut();
    }
    cluster
}
