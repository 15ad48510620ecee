//! Microsoft Graph v1.0: applications and service principals.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

use crate::call::{Call, Reply};
use crate::clock::rfc3339;
use crate::entra::token;
use crate::filter::Filter;
use crate::shared::Shared;
use crate::state::{Application, ClientSecret, Principal, State};

fn refuse(call: &Call, status: u16, code: &str, message: &str) -> Reply {
    Reply::json(
        status,
        &json!({"error": {"code": code, "message": message, "innerError": {
            "request-id": call.request_id, "client-request-id": call.header("client-request-id"),
        }}}),
    )
}

pub(crate) fn answer(shared: &Arc<Shared>, call: &Call) -> Reply {
    let endpoints = &shared.facts.endpoints;
    let Ok(claims) = token::bearer(&shared.facts, &call.headers, shared.clock.now()) else {
        return refuse(
            call,
            401,
            "InvalidAuthenticationToken",
            "Access token is empty or not valid.",
        )
        .with("www-authenticate", "Bearer realm=\"\", error=\"invalid_token\"");
    };
    let accepted = [
        endpoints.graph.as_str(),
        endpoints.graph_audience.as_str(),
        "https://graph.microsoft.com",
    ];
    if !accepted
        .iter()
        .any(|one| one.eq_ignore_ascii_case(claims.aud.trim_end_matches('/')))
    {
        return refuse(
            call,
            401,
            "InvalidAuthenticationToken",
            "Access token validation failure. Invalid audience.",
        );
    }
    let path = call.path.to_lowercase();
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut state = shared.state();
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    match (&call.method, segments.as_slice()) {
        (&Method::GET, ["v1.0", "serviceprincipals"]) => list(call, state.principals.values().map(principal_view)),
        (&Method::GET, ["v1.0", "applications"]) => list(call, state.applications.values().map(application_view)),
        (&Method::GET, ["v1.0", "serviceprincipals", id]) => found(call, state.principals.get(id).map(principal_view)),
        (&Method::GET, ["v1.0", "applications", id]) => {
            let app = application(&state, id);
            found(
                call,
                app.and_then(|app| state.applications.get(&app)).map(application_view),
            )
        }
        (&Method::POST, ["v1.0", "directoryobjects", "getbyids"]) => by_ids(&state, &body),
        (&Method::POST, ["v1.0", "applications"]) => create_application(call, &mut state, &body),
        (&Method::POST, ["v1.0", "applications", id, "addpassword"]) => {
            add_password(shared, call, &mut state, id, &body)
        }
        (&Method::POST, ["v1.0", "applications", id, "removepassword"]) => {
            let Some(app) = application(&state, id) else {
                return found(call, None);
            };
            let key_id = body["keyId"].as_str().unwrap_or_default().to_owned();
            state
                .applications
                .change(&app, |app| app.secrets.retain(|secret| secret.key_id != key_id));
            Reply::empty(204)
        }
        (&Method::DELETE, ["v1.0", "applications", id]) => {
            let Some(app) = application(&state, id) else {
                return found(call, None);
            };
            state.applications.remove(&app);
            let principals: Vec<String> = state
                .principals
                .iter()
                .filter(|(_, one)| one.app_id == app)
                .map(|(key, _)| key.clone())
                .collect();
            for principal in principals {
                state.principals.remove(&principal);
            }
            Reply::empty(204)
        }
        (&Method::POST, ["v1.0", "serviceprincipals"]) => create_principal(call, &mut state, &body),
        (&Method::DELETE, ["v1.0", "serviceprincipals", id]) => match state.principals.remove(id) {
            Some(_) => Reply::empty(204),
            None => found(call, None),
        },
        _ => refuse(
            call,
            400,
            "BadRequest",
            "Resource not found for the segment or the method is not supported.",
        ),
    }
}

/// Key of an application given by object id or as `(appId='…')`.
fn application(state: &State, id: &str) -> Option<String> {
    state
        .applications
        .iter()
        .find(|(_, one)| one.object_id == id)
        .map(|(key, _)| key.clone())
}

fn found(call: &Call, value: Option<Value>) -> Reply {
    match value {
        Some(value) => Reply::json(200, &value),
        None => refuse(
            call,
            404,
            "Request_ResourceNotFound",
            "Resource does not exist or one of its queried reference-property objects are not present.",
        ),
    }
}

fn list(call: &Call, rows: impl Iterator<Item = Value>) -> Reply {
    let filter = match call.query("$filter").map(str::trim).filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => match Filter::parse(text) {
            Some(filter) => Some(filter),
            None => {
                return refuse(
                    call,
                    400,
                    "Request_UnsupportedQuery",
                    "Unsupported or invalid query filter clause specified for property.",
                );
            }
        },
    };
    let selected: Vec<String> = call
        .query("$select")
        .map(|text| text.split(',').map(|one| one.trim().to_owned()).collect())
        .unwrap_or_default();
    let value: Vec<Value> = rows
        .filter(|row| filter.as_ref().is_none_or(|filter| filter.fits(row)))
        .map(|row| match (&row, selected.is_empty()) {
            (Value::Object(object), false) => Value::Object(
                object
                    .iter()
                    .filter(|(name, _)| selected.contains(name))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect(),
            ),
            _ => row,
        })
        .collect();
    Reply::json(
        200,
        &json!({"@odata.context": "https://graph.microsoft.com/v1.0/$metadata", "value": value}),
    )
}

/// Who is behind object ids; those nobody is behind are left out.
fn by_ids(state: &State, body: &Value) -> Reply {
    let ids = body["ids"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let value: Vec<Value> = ids
        .filter_map(|id| state.principals.get(&id.to_lowercase()))
        .map(|one| {
            let mut view = principal_view(one);
            view["@odata.type"] = json!("#microsoft.graph.servicePrincipal");
            view
        })
        .collect();
    Reply::json(
        200,
        &json!({"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#directoryObjects", "value": value}),
    )
}

fn principal_view(one: &Principal) -> Value {
    json!({
        "id": one.object_id, "appId": one.app_id, "displayName": one.name, "appDisplayName": one.name,
        "servicePrincipalType": one.kind, "servicePrincipalNames": [one.app_id], "accountEnabled": true,
    })
}

fn application_view(one: &Application) -> Value {
    let secrets: Vec<Value> = one
        .secrets
        .iter()
        .map(|secret| {
            json!({
                "keyId": secret.key_id, "displayName": secret.name, "endDateTime": rfc3339(secret.ends),
                "hint": secret.secret.chars().take(3).collect::<String>(), "secretText": null,
            })
        })
        .collect();
    json!({
        "id": one.object_id, "appId": one.app_id, "displayName": one.name, "passwordCredentials": secrets,
        "keyCredentials": one.certificates.iter().map(|_| json!({"type": "AsymmetricX509Cert", "usage": "Verify"})).collect::<Vec<_>>(),
        "signInAudience": "AzureADMyOrg", "identifierUris": [],
    })
}

fn create_application(call: &Call, state: &mut State, body: &Value) -> Reply {
    let Some(name) = body["displayName"].as_str().filter(|name| !name.is_empty()) else {
        return refuse(
            call,
            400,
            "Request_BadRequest",
            "A value is required for property 'displayName' of resource 'Application'.",
        );
    };
    let app_id = Uuid::new_v4().to_string();
    let app = Application {
        app_id: app_id.clone(),
        object_id: Uuid::new_v4().to_string(),
        name: name.to_owned(),
        secrets: Vec::new(),
        certificates: Vec::new(),
    };
    let reply = Reply::json(201, &application_view(&app));
    state.applications.put(app_id, app);
    reply
}

fn add_password(shared: &Shared, call: &Call, state: &mut State, id: &str, body: &Value) -> Reply {
    let Some(app) = application(state, id) else {
        return found(call, None);
    };
    let given = &body["passwordCredential"];
    let ends = given["endDateTime"]
        .as_str()
        .and_then(|text| time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok())
        .unwrap_or_else(|| shared.clock.now() + Duration::days(730));
    let secret = new_secret(given["displayName"].as_str(), ends);
    let reply = Reply::json(
        200,
        &json!({
            "keyId": secret.key_id, "displayName": secret.name, "endDateTime": rfc3339(secret.ends),
            "startDateTime": rfc3339(shared.clock.now()), "secretText": secret.secret,
            "hint": secret.secret.chars().take(3).collect::<String>(),
        }),
    );
    state.applications.change(&app, |app| app.secrets.push(secret));
    reply
}

/// A client secret of Entra's size, 40 characters.
pub(crate) fn new_secret(name: Option<&str>, ends: time::OffsetDateTime) -> ClientSecret {
    let random = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
    // Starts with no dash: on a command line it would be taken for an option.
    let start = Uuid::new_v4().simple().to_string();
    ClientSecret {
        key_id: Uuid::new_v4().to_string(),
        secret: format!("{}8Q~{}", &start[..3], &URL_SAFE_NO_PAD.encode(&random)[3..37]),
        name: name.map(str::to_owned),
        ends,
    }
}

fn create_principal(call: &Call, state: &mut State, body: &Value) -> Reply {
    let app_id = body["appId"].as_str().unwrap_or_default().to_lowercase();
    let Some(app) = state.applications.get(&app_id) else {
        return refuse(
            call,
            400,
            "Request_BadRequest",
            "The appId of the service principal does not reference a valid application object.",
        );
    };
    if state.principals.values().any(|one| one.app_id == app_id) {
        return refuse(
            call,
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            "The service principal cannot be created because the service principal name is already in use.",
        );
    }
    let principal = Principal {
        object_id: Uuid::new_v4().to_string(),
        app_id: app_id.clone(),
        name: app.name.clone(),
        kind: "Application".to_owned(),
    };
    let reply = Reply::json(201, &principal_view(&principal));
    state.principals.put(principal.object_id.clone(), principal);
    reply
}
