//! What the service, the token service or the client itself refuses.

use std::sync::Arc;

use aro_client::{Client, Cloud, Error, Secret};
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};

use crate::house::shared;

#[tokio::test]
async fn a_refusal_has_status_code_target_and_words() {
    let house = shared();
    let client = house.client();
    let mut wish = house.document("wrong", 1);
    wish.properties
        .as_mut()
        .unwrap()
        .master_profile
        .as_mut()
        .unwrap()
        .vm_size = Some("Standard_Nope".to_owned());
    let error = client
        .clusters()
        .create_or_update(house.group(), "wrong", &wish)
        .await
        .unwrap_err();
    let Error::Refused(error) = error else {
        panic!("{error:?}")
    };
    assert_eq!(error.status, Some(400));
    assert_eq!(error.code, "InvalidParameter");
    assert_eq!(error.target.as_deref(), Some("properties.masterProfile.vmSize"));
    assert!(error.message.contains("Standard_Nope"), "{error}");
}

#[tokio::test]
async fn a_wrong_secret_is_an_authentication_error_that_does_not_show_it() {
    let house = shared();
    let (tenant, id, _) = house.principal(0);
    let client = house
        .builder()
        .client_secret(tenant, id, "wrong-secret")
        .build()
        .unwrap();
    let error = client.clusters().get(house.group(), "any").await.unwrap_err();
    assert!(matches!(error, Error::Authentication(_)), "{error:?}");
    assert!(!format!("{error:?} {error} {client:?}").contains("wrong-secret"));
}

#[tokio::test]
async fn any_credential_of_azure_core_and_a_token_will_do() {
    /// Answers with the token of another credential.
    #[derive(Debug)]
    struct Fixed(String);

    #[async_trait::async_trait]
    impl TokenCredential for Fixed {
        async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
            let later = time::OffsetDateTime::now_utc() + time::Duration::hours(1);
            Ok(AccessToken::new(self.0.clone(), later))
        }
    }

    let house = shared();
    let token = house.token().await;
    let clients = [
        house
            .builder()
            .credential(Arc::new(Fixed(token.clone())))
            .build()
            .unwrap(),
        house.builder().token(Secret::new(token.clone())).build().unwrap(),
    ];
    for client in clients {
        assert!(!format!("{client:?}").contains(&token));
        let error = client.clusters().get(house.group(), "missing").await.unwrap_err();
        assert!(error.is_not_found(), "{error:?}");
    }
    let client = house.builder().token("not a token").build().unwrap();
    let error = client.clusters().get(house.group(), "missing").await.unwrap_err();
    assert_eq!(
        error.cloud_error().and_then(|error| error.status),
        Some(401),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_credential_of_azure_identity_serves_a_cloud_of_ones_own() {
    let house = shared();
    let (tenant, id, secret) = house.principal(0);
    let mut cloud = CustomConfiguration::default();
    cloud.authority_host = house.text("/login").to_owned();
    let options = ClientSecretCredentialOptions {
        client_options: ClientOptions {
            transport: Some(Transport::new(Arc::new(house.http()))),
            cloud: Some(Arc::new(CloudConfiguration::from(cloud))),
            ..ClientOptions::default()
        },
    };
    let credential = ClientSecretCredential::new(tenant, id.to_owned(), secret.to_owned().into(), Some(options));
    let client = house.builder().credential(credential.unwrap()).build().unwrap();
    let error = client.clusters().get(house.group(), "missing").await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
}

#[tokio::test]
async fn what_cannot_work_is_said_before_a_call() {
    let plain = Cloud::custom("http://management.example", "https://login.example");
    for (builder, word) in [
        (Client::builder("s").cloud(plain).token("t"), "https"),
        (Client::builder("s"), "credential"),
        (Client::builder("").token("t"), "subscription"),
        (
            Client::builder("s").token("t").ca_file("/no/such/file"),
            "/no/such/file",
        ),
    ] {
        let error = builder.build().unwrap_err();
        assert!(
            matches!(&error, Error::Configuration(why) if why.contains(word)),
            "{error:?}"
        );
    }
    let client = Client::builder("s").token("t").build().unwrap();
    let elsewhere = "https://elsewhere.example/operation".parse().unwrap();
    assert!(client.clusters().resume("g", "n", &elsewhere).is_err());
    assert!(client.clusters().resume_delete(&elsewhere).is_err());
}

#[tokio::test]
async fn nobody_at_the_other_end_is_a_transport_error() {
    let cloud = Cloud::custom("http://127.0.0.1:1", "http://127.0.0.1:1");
    let pace = aro_client::HttpPace {
        attempts: 1,
        ..aro_client::HttpPace::default()
    };
    let client = Client::builder("s").cloud(cloud).token("t").pace(pace).build().unwrap();
    let error = client.clusters().get("g", "n").await.unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
}
