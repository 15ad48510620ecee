//! Kubeconfigs of a cluster whose authorities are made here: subjects, lives, servers, and that TLS believes them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails by panicking"
)]

use aro_cluster::{
    Graph, Identity, Kubeconfig, KubeconfigSettings,
    kubeconfig::{self, Renewal},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::json;
use time::{Duration, OffsetDateTime};

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_750_000_000).unwrap()
}

/// What an installer leaves; the authority's key is RSA, as OpenShift's is.
fn graph() -> Graph {
    let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "admin-kubeconfig-signer");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_before = now() - Duration::days(3);
    params.not_after = now() + Duration::days(3650);
    let certificate = params.self_signed(&key).unwrap().pem();
    let graph = json!({
        "*tls.AdminKubeConfigSignerCertKey": {
            "CertRaw": STANDARD.encode(certificate), "KeyRaw": STANDARD.encode(key.serialize_pem()), "FileList": null,
        },
        "*kubeconfig.AdminInternalClient": {"Config": {
            "preferences": {}, "extra": "kept",
            "clusters": [{"name": "one", "cluster": {
                "server": "https://api-int.one.example:6443", "certificate-authority-data": "Q0E=",
            }}],
            "users": [{"name": "admin", "user": {"client-certificate-data": "QQ==", "client-key-data": "Qg=="}}],
            "contexts": [{"name": "admin", "context": {"cluster": "one", "user": "admin"}}],
            "current-context": "admin",
        }},
        "*password.KubeadminPassword": {"Password": "aaaaa-bbbbb-ccccc-ddddd", "PasswordHash": "eA=="},
        "*installconfig.InstallConfig": {"Config": {"networking": {"networkType": "OVNKubernetes"}}},
        "*somebody.Else": {"Kept": true},
    });
    Graph::parse(graph.to_string().as_bytes()).unwrap()
}

fn issued(graph: &Graph, identity: Identity, access: &KubeconfigSettings) -> Kubeconfig {
    let admin = graph.admin_kubeconfig().unwrap();
    kubeconfig::issue(identity, &admin, &graph.admin_signer().unwrap(), access, now()).unwrap()
}

fn certificate(kubeconfig: &Kubeconfig) -> Vec<u8> {
    let data = kubeconfig.users[0]
        .entry
        .user
        .client_certificate_data
        .as_deref()
        .unwrap();
    CertificateDer::from_pem_slice(&STANDARD.decode(data).unwrap())
        .unwrap()
        .to_vec()
}

#[test]
fn each_identity_has_its_subject_its_life_and_its_way() {
    let graph = graph();
    let table = [
        (
            Identity::Service,
            "O=system:masters, CN=system:aro-service",
            3650,
            "https://api-int.one.example:6443",
        ),
        (
            Identity::Sre,
            "CN=system:aro-sre",
            3650,
            "https://api-int.one.example:6443",
        ),
        (Identity::User, "CN=system:admin", 365, "https://api.one.example:6443"),
    ];
    for (identity, subject, days, server) in table {
        let made = issued(&graph, identity, &KubeconfigSettings::default());
        let made = Kubeconfig::parse(made.to_yaml().unwrap().as_bytes()).unwrap();
        let der = certificate(&made);
        let (_, parsed) = x509_parser::parse_x509_certificate(&der).unwrap();
        assert_eq!(parsed.subject().to_string(), subject);
        assert_eq!(parsed.validity().not_before.to_datetime(), now() - Duration::days(3));
        assert_eq!(parsed.validity().not_after.to_datetime(), now() + Duration::days(days));
        let usage = parsed.key_usage().unwrap().unwrap().value;
        assert!(usage.digital_signature() && usage.key_encipherment() && !usage.key_cert_sign());
        let extended = parsed.extended_key_usage().unwrap().unwrap().value;
        assert!(extended.client_auth && !extended.server_auth);
        assert!(!parsed.is_ca());
        let rsa = parsed.public_key().parsed().unwrap();
        assert!(matches!(rsa, x509_parser::public_key::PublicKey::RSA(key) if key.key_size() == 2048));
        let cluster = &made.clusters[0].entry.cluster;
        assert_eq!(cluster.server, server);
        assert_eq!(cluster.certificate_authority_data.is_some(), identity != Identity::User);
        assert_eq!(made.current_context, identity.common_name());
        assert_eq!(made.contexts[0].entry.context.user, identity.common_name());
    }
}

#[test]
fn a_local_world_names_its_proxy_and_keeps_its_authority() {
    let access = KubeconfigSettings {
        proxy: Some("http://127.0.0.1:8080".to_owned()),
        keep_authority: true,
        client_keys: aro_cluster::ClientKeys::Elliptic,
        ..KubeconfigSettings::default()
    };
    let graph = graph();
    let made = issued(&graph, Identity::User, &access);
    let cluster = &made.clusters[0].entry.cluster;
    assert_eq!(cluster.server, "https://api.one.example:6443");
    assert_eq!(cluster.proxy_url.as_deref(), Some("http://127.0.0.1:8080"));
    assert_eq!(cluster.certificate_authority_data.as_deref(), Some("Q0E="));
    let service = issued(&graph, Identity::Service, &access);
    assert_eq!(service.clusters[0].entry.cluster.proxy_url, None);
}

#[test]
fn authorities_that_sign_for_the_api_servers_are_named_besides_the_clusters_own() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("authorities.pem");
    std::fs::write(&file, "public\n").unwrap();
    let mut access = KubeconfigSettings {
        keep_authority: true,
        authority_file: Some(file),
        client_keys: aro_cluster::ClientKeys::Elliptic,
        ..KubeconfigSettings::default()
    };
    let graph = graph();
    let named = |identity, access: &KubeconfigSettings| {
        let data = issued(&graph, identity, access).clusters.remove(0).entry.cluster;
        data.certificate_authority_data
            .map(|data| STANDARD.decode(data).unwrap())
    };
    assert_eq!(named(Identity::User, &access).unwrap(), b"CA\npublic\n");
    assert_eq!(
        named(Identity::Service, &access).unwrap(),
        b"CA",
        "inside the network it is the cluster's own"
    );
    access.keep_authority = false;
    assert_eq!(named(Identity::User, &access).unwrap(), b"public\n");
    access.authority_file = Some(directory.path().join("missing.pem"));
    let admin = graph.admin_kubeconfig().unwrap();
    let refused = kubeconfig::issue(Identity::User, &admin, &graph.admin_signer().unwrap(), &access, now());
    assert!(refused.unwrap_err().to_string().contains("missing.pem"));
}

#[test]
fn the_graph_says_password_and_network_and_keeps_what_it_does_not_read() {
    let graph = graph();
    assert_eq!(
        graph.kubeadmin_password().unwrap().plain(),
        Some("aaaaa-bbbbb-ccccc-ddddd")
    );
    assert_eq!(graph.network_type().unwrap(), "OVNKubernetes");
    let yaml = graph.admin_kubeconfig().unwrap().to_yaml().unwrap();
    assert!(yaml.contains("extra: kept"), "{}", *yaml);
    let printed = format!("{graph:?} {:?}", graph.admin_kubeconfig().unwrap());
    assert!(!printed.contains("aaaaa") && !printed.contains("QQ=="), "{printed}");
    let empty = Graph::parse(b"{}").unwrap();
    assert_eq!(
        empty.admin_signer().unwrap_err().to_string(),
        "the installer's graph has no usable *tls.AdminKubeConfigSignerCertKey"
    );
}

#[test]
fn a_customers_kubeconfig_is_made_anew_when_it_must_be() {
    let graph = graph();
    let user = issued(&graph, Identity::User, &KubeconfigSettings::default());
    let text = |kubeconfig: &Kubeconfig| kubeconfig.to_yaml().unwrap().as_bytes().to_vec();
    assert_eq!(kubeconfig::renewal(&text(&user), now()), None);
    assert_eq!(kubeconfig::renewal(&text(&user), now() + Duration::days(89)), None);
    assert_eq!(
        kubeconfig::renewal(&text(&user), now() + Duration::days(90)),
        Some(Renewal::Expiring)
    );
    assert_eq!(kubeconfig::renewal(b"", now()), Some(Renewal::Missing));
    assert_eq!(kubeconfig::renewal(b"\xff", now()), Some(Renewal::Unreadable));
    assert_eq!(kubeconfig::renewal(b"just text", now()), Some(Renewal::Unreadable));
    let internal = issued(&graph, Identity::Service, &KubeconfigSettings::default());
    assert_eq!(kubeconfig::renewal(&text(&internal), now()), Some(Renewal::Internal));
    for strip in [true, false] {
        let mut lacking = user.clone();
        let entry = &mut lacking.users[0].entry.user;
        if strip {
            entry.client_key_data = None;
        } else {
            entry.client_certificate_data = None;
        }
        assert_eq!(kubeconfig::renewal(&text(&lacking), now()), Some(Renewal::NoCredential));
    }
}
