//! Over HTTPS: a client certificate is a user, and one listener serves many servers by name.

use std::sync::Arc;

use aro_sim_kube::{ApiServer, Authorization, NoCredentials, User, serve_many};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, ListParams};
use kube::{Client, Config};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn certificates_are_users_and_names_are_servers() {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_certificate = ca.self_signed(&ca_key).unwrap();
    let ca_der = ca_certificate.der().to_vec();
    let issuer = Issuer::new(ca, ca_key);

    let server_key = KeyPair::generate().unwrap();
    let names = ["one.example.com".to_owned(), "two.example.com".to_owned()];
    let leaf = CertificateParams::new(names)
        .unwrap()
        .signed_by(&server_key, &issuer)
        .unwrap();
    let client_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.distinguished_name.push(DnType::CommonName, "carol");
    params
        .distinguished_name
        .push(DnType::OrganizationName, "system:masters");
    let client_certificate = params.signed_by(&client_key, &issuer).unwrap();

    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(ca_der.clone())).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()
        .unwrap();
    let key = PrivateKeyDer::try_from(server_key.serialize_der()).unwrap();
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();

    let server = |token: &str| {
        ApiServer::builder()
            .authorization(Authorization::Rbac)
            .no_credentials(NoCredentials::Anonymous)
            .token(token, User::new("dave"))
            .build()
    };
    let (one, two) = (server("first"), server("second"));
    let choose = {
        let (one, two) = (one.clone(), two.clone());
        move |peer: &aro_sim_kube::Peer, _: &mut http::Request<hyper::body::Incoming>| match peer.server_name.as_deref()
        {
            Some("one.example.com") => Some(one.clone()),
            Some("two.example.com") => Some(two.clone()),
            _ => None,
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve_many(choose, listener, Some(Arc::new(tls)), stop.clone()));

    let config = |name: &str| {
        let mut config = Config::new(format!("https://{address}").parse().unwrap());
        config.root_cert = Some(vec![ca_der.clone()]);
        config.tls_server_name = Some(name.to_owned());
        config
    };
    let mut with_certificate = config("one.example.com");
    with_certificate.auth_info.client_certificate_data = Some(STANDARD.encode(client_certificate.pem()));
    with_certificate.auth_info.client_key_data = Some(STANDARD.encode(client_key.serialize_pem()).into());
    let namespaces: Api<Namespace> = Api::all(Client::try_from(with_certificate).unwrap());
    assert_eq!(namespaces.list(&ListParams::default()).await.unwrap().items.len(), 4);
    let last = one.requests().pop().unwrap();
    assert_eq!((last.user.as_str(), last.code), ("carol", 200));

    let nobody: Api<Namespace> = Api::all(Client::try_from(config("two.example.com")).unwrap());
    let refused = nobody.list(&ListParams::default()).await.unwrap_err();
    assert!(
        matches!(&refused, kube::Error::Api(status) if status.code == 403),
        "{refused:?}"
    );
    assert_eq!(two.requests().pop().unwrap().user, "system:anonymous");

    stop.cancel();
    serving.await.unwrap().unwrap();
}
