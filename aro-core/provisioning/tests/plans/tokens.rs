//! Tokens: cached, asked for once by many, and told apart when they are refused.

use aro_http::OperationContext;
use futures::future::join_all;

use crate::house::House;

#[tokio::test]
async fn many_callers_cause_one_request_for_a_token() {
    let house = House::build().await;
    let environment = house.environment();
    let tenant = house.world.endpoints().tenant.clone();
    let credential = environment.first_party(&tenant).await.unwrap();
    let scope = format!("{}/.default", house.world.endpoints().arm_audience);
    let tokens = join_all((0..20).map(|_| credential.token(&scope))).await;
    let first = tokens[0].as_ref().unwrap();
    assert!(tokens.iter().all(|token| token.as_ref().unwrap() == first));
    let requests = || house.world.calls(0).iter().filter(|call| call.plane == "login").count();
    assert_eq!(requests(), 1);
    assert_eq!(
        &environment
            .first_party(&tenant)
            .await
            .unwrap()
            .token(&scope)
            .await
            .unwrap(),
        first
    );
    assert_eq!(requests(), 1);
    // A refused token is not given again.
    credential.forget(&scope, first).await;
    credential.token(&scope).await.unwrap();
    assert_eq!(requests(), 2);
    assert!(!format!("{credential:?} {environment:?}").contains(&house.world.endpoints().first_party.principal.secret));
}

#[tokio::test]
async fn what_entra_id_refuses_has_its_code() {
    let house = House::build().await;
    let environment = house.environment();
    let there = house.world.endpoints();
    let context = OperationContext::default();
    let client_id = &there.service_principals[0].client_id;
    let wrong = environment
        .azure
        .client_secret(&there.tenant, client_id, "CANARY".to_owned(), &context)
        .unwrap();
    let error = environment.azure.prove(wrong.as_ref()).await.unwrap_err();
    assert!(error.is_invalid_secret(), "{error:?}");
    assert!(!format!("{error:?} {error} {wrong:?}").contains("CANARY"));
    let nobody = "99999999-9999-4999-8999-999999999999";
    let unknown = environment
        .azure
        .client_secret(&there.tenant, nobody, "x".to_owned(), &context)
        .unwrap();
    let error = environment.azure.prove(unknown.as_ref()).await.unwrap_err();
    assert!(error.is_unauthorized_client(), "{error:?}");
}
