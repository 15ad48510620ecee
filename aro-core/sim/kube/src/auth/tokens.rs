//! Tokens of service accounts.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::User;
use crate::call::{Call, Reply, Target};
use crate::clock;
use crate::meta;
use crate::server::Inner;
use crate::status::{Cause, Status};

/// Tokens that were given out.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Mutex<HashMap<String, Issued>>);

#[derive(Debug, Clone)]
struct Issued {
    namespace: String,
    name: String,
    uid: String,
    expires: OffsetDateTime,
}

const DEFAULT_SECONDS: i64 = 3600;
const MIN_SECONDS: i64 = 600;
const AUDIENCE: &str = "https://kubernetes.default.svc";

/// Who a token stands for, while its account lives.
pub(crate) fn user(server: &Inner, token: &str) -> Option<User> {
    let issued = server
        .tokens
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get(token)
        .cloned()?;
    if issued.expires <= server.now() {
        return None;
    }
    let world = server.world();
    let account = world
        .state
        .get("serviceaccounts", &format!("{}/{}", issued.namespace, issued.name))?;
    (meta::uid(account) == issued.uid).then(|| User::service_account(&issued.namespace, &issued.name, &issued.uid))
}

/// `TokenReview`: what is said about a token.
pub(crate) fn review(server: &Inner, token: &str) -> Value {
    match server
        .options
        .tokens
        .get(token)
        .cloned()
        .or_else(|| user(server, token))
    {
        Some(user) => json!({"authenticated": true, "user": user.authenticated().info(), "audiences": [AUDIENCE]}),
        None => json!({"user": {}, "error": "[invalid bearer token]"}),
    }
}

/// POST of `serviceaccounts/token`.
pub(crate) fn request(server: &Inner, call: &Call, target: &Target) -> Result<Reply, Status> {
    let decoded = crate::verbs::decode::parse(call, &crate::verbs::decode::Wanted::of(target))?;
    let mut request = decoded.value;
    let account = {
        let world = server.world();
        world
            .state
            .get(&target.resource.storage, &target.key())
            .cloned()
            .ok_or_else(|| Status::not_found(target.resource.qualified(), &target.name))?
    };
    let seconds = request
        .pointer("/spec/expirationSeconds")
        .and_then(Value::as_i64)
        .unwrap_or(DEFAULT_SECONDS);
    let wrong = if seconds < MIN_SECONDS {
        Some("may not specify a duration less than 10 minutes")
    } else {
        (seconds > 1 << 32).then_some("may not specify a duration larger than 2^32 seconds")
    };
    if let Some(why) = wrong {
        let kind = crate::status::Qualified {
            name: "TokenRequest",
            group: "authentication.k8s.io",
        };
        let cause = Cause::invalid("spec.expirationSeconds", &Value::from(seconds), why);
        return Err(Status::invalid(kind, "", &[cause]));
    }
    let audiences: Vec<String> = request
        .pointer("/spec/audiences")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .filter(|list: &Vec<String>| !list.is_empty())
        .unwrap_or_else(|| vec![AUDIENCE.to_owned()]);
    let now = server.now();
    let expires = now + Duration::seconds(seconds);
    let namespace = target.namespace.clone().unwrap_or_default();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({
        "aud": audiences,
        "exp": expires.unix_timestamp(),
        "iat": now.unix_timestamp(),
        "iss": AUDIENCE,
        "jti": server.uid(),
        "nbf": now.unix_timestamp(),
        "sub": format!("system:serviceaccount:{namespace}:{}", target.name),
        "kubernetes.io": {
            "namespace": namespace,
            "serviceaccount": {"name": target.name, "uid": meta::uid(&account)},
        },
    });
    // Only this server reads its signature, and it knows the tokens it gave.
    let token = format!(
        "{}.{}.{}",
        part(&json!({"alg": "RS256", "kid": "in-memory"})),
        part(&claims),
        URL_SAFE_NO_PAD.encode(server.uid())
    );
    request["kind"] = Value::from("TokenRequest");
    request["apiVersion"] = Value::from("authentication.k8s.io/v1");
    request["metadata"] = json!({
        "name": target.name,
        "namespace": namespace,
        "creationTimestamp": clock::seconds(now),
    });
    request["spec"]["audiences"] = json!(audiences);
    request["spec"]["expirationSeconds"] = Value::from(seconds);
    if request["spec"].get("boundObjectRef").is_none() {
        request["spec"]["boundObjectRef"] = Value::Null;
    }
    request["status"] = json!({"token": token, "expirationTimestamp": clock::seconds(expires)});
    server.tokens.0.lock().unwrap_or_else(PoisonError::into_inner).insert(
        token,
        Issued {
            namespace,
            name: target.name.clone(),
            uid: meta::uid(&account).to_owned(),
            expires,
        },
    );
    Ok(Reply::object(201, request))
}
