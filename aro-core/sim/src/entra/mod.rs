//! Entra ID: discovery, keys and the token endpoint for applications.

mod assertion;
mod federated;
pub(crate) mod keys;
pub(crate) mod token;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::Method;
use serde_json::{Value, json};
use time::macros::format_description;

use crate::arm::types::identities::{CERTIFICATES, IDENTITY};
use crate::call::{Call, Reply};
use crate::endpoints::Endpoints;
use crate::seed::{AUTHORIZATION_RESOURCE, IDENTITY_RESOURCE, STORAGE_RESOURCE, VAULT_RESOURCE};
use crate::shared::Shared;
use crate::state::{Application, Principal, Resource, State};
use token::Claims;

/// A refusal in the words of Entra ID.
struct Refused {
    status: u16,
    error: &'static str,
    code: u32,
    text: String,
}

impl Refused {
    fn new(status: u16, error: &'static str, code: u32, text: impl Into<String>) -> Self {
        Self {
            status,
            error,
            code,
            text: text.into(),
        }
    }

    fn reply(&self, call: &Call, now: time::OffsetDateTime) -> Reply {
        let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
        let timestamp = now.format(&format).unwrap_or_default();
        let correlation = call.header("client-request-id").unwrap_or(&call.correlation_id);
        Reply::json(
            self.status,
            &json!({
                "error": self.error,
                "error_description": format!(
                    "AADSTS{}: {} Trace ID: {} Correlation ID: {correlation} Timestamp: {timestamp}",
                    self.code, self.text, call.request_id
                ),
                "error_codes": [self.code],
                "timestamp": timestamp,
                "trace_id": call.request_id,
                "correlation_id": correlation,
            }),
        )
    }
}

pub(crate) fn answer(shared: &Arc<Shared>, call: &Call) -> Reply {
    let path = call.path.to_ascii_lowercase();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let get = call.method == Method::GET;
    let result = match segments.as_slice() {
        ["common", "discovery", "instance"] if get => Ok(instance_discovery(&shared.facts.endpoints)),
        [tenant, "v2.0", ".well-known", "openid-configuration"] if get => discovery(shared, tenant, true),
        [tenant, ".well-known", "openid-configuration"] if get => discovery(shared, tenant, false),
        [_, "discovery", "v2.0", "keys"] | [_, "discovery", "keys"] if get => {
            Ok(Reply::json(200, &shared.facts.signing.jwks()))
        }
        [tenant, "oauth2", "v2.0", "token"] if call.method == Method::POST => token(shared, call, tenant, true),
        [tenant, "oauth2", "token"] if call.method == Method::POST => token(shared, call, tenant, false),
        _ => Ok(Reply::empty(404)),
    };
    result.unwrap_or_else(|refused| refused.reply(call, shared.clock.now()))
}

fn instance_discovery(endpoints: &Endpoints) -> Reply {
    let host = endpoints.login.trim_start_matches("https://");
    Reply::json(
        200,
        &json!({
            "tenant_discovery_endpoint":
                format!("{}/{}/v2.0/.well-known/openid-configuration", endpoints.login, endpoints.tenant),
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }),
    )
}

fn check_tenant(shared: &Shared, tenant: &str) -> Result<(), Refused> {
    if tenant == shared.facts.endpoints.tenant {
        return Ok(());
    }
    if ["common", "organizations", "consumers"].contains(&tenant) {
        return Err(Refused::new(
            400,
            "invalid_request",
            50059,
            "No tenant-identifying information found in either the request or implied by any provided credentials.",
        ));
    }
    Err(Refused::new(
        400,
        "invalid_request",
        90002,
        format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
             correct cloud."
        ),
    ))
}

fn discovery(shared: &Shared, tenant: &str, v2: bool) -> Result<Reply, Refused> {
    if !["common", "organizations"].contains(&tenant) {
        check_tenant(shared, tenant)?;
    }
    let login = &shared.facts.endpoints.login;
    let infix = if v2 { "oauth2/v2.0" } else { "oauth2" };
    let issuer_tenant = if tenant == shared.facts.endpoints.tenant {
        tenant
    } else {
        "{tenantid}"
    };
    Ok(Reply::json(
        200,
        &json!({
            "issuer": if v2 { format!("{login}/{issuer_tenant}/v2.0") } else { format!("{login}/{issuer_tenant}/") },
            "token_endpoint": format!("{login}/{tenant}/{infix}/token"),
            "authorization_endpoint": format!("{login}/{tenant}/{infix}/authorize"),
            "device_authorization_endpoint": format!("{login}/{tenant}/{infix}/devicecode"),
            "end_session_endpoint": format!("{login}/{tenant}/{infix}/logout"),
            "jwks_uri": format!("{login}/{tenant}/discovery/v2.0/keys"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "response_types_supported": ["code", "id_token", "code id_token", "token"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "tenant_region_scope": null,
            "cloud_instance_name": "localhost",
            "msgraph_host": shared.facts.endpoints.graph.trim_start_matches("https://"),
        }),
    ))
}

fn token(shared: &Shared, call: &Call, tenant: &str, v2: bool) -> Result<Reply, Refused> {
    check_tenant(shared, tenant)?;
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&call.body).into_owned().collect();
    let field = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let missing = |name: &str| {
        Refused::new(
            400,
            "invalid_request",
            900_144,
            format!("The request body must contain the following parameter: '{name}'."),
        )
    };
    let grant = field("grant_type").ok_or_else(|| missing("grant_type"))?;
    if grant != "client_credentials" {
        return Err(Refused::new(
            400,
            "unsupported_grant_type",
            70003,
            format!("The app requested an unsupported grant type '{grant}'."),
        ));
    }

    // Who asks, with which credential.
    let basic = basic_credentials(call);
    let client_id = field("client_id")
        .or(basic.as_ref().map(|(id, _)| id.as_str()))
        .ok_or_else(|| missing("client_id"))?;
    let state = shared.state();
    let (application, identity) = client(&state, client_id, tenant)?;
    let application = &application;
    let secret = field("client_secret").or(basic.as_ref().map(|(_, secret)| secret.as_str()));
    let strength = match (field("client_assertion"), secret) {
        (Some(text), _) if identity.is_some() && federated::is_foreign(text, client_id) => {
            if let Some(identity) = identity {
                federated::check(shared, &state, identity, text)?;
            }
            "2"
        }
        (Some(text), _) => {
            assertion::check(shared, application, text)?;
            "2"
        }
        (None, Some(secret)) => {
            check_secret(shared, application, secret)?;
            "1"
        }
        (None, None) => {
            return Err(Refused::new(
                401,
                "invalid_client",
                7_000_216,
                "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
            ));
        }
    };
    let principal = principal_of(&state, application, tenant)?;

    // For what.
    let resource = if v2 {
        let scope = field("scope").ok_or_else(|| missing("scope"))?;
        let first = scope.split_whitespace().next().unwrap_or_default();
        first.strip_suffix("/.default").map(str::to_owned).ok_or_else(|| {
            Refused::new(
                400,
                "invalid_scope",
                1_002_012,
                format!(
                    "The provided value for scope {scope} is not valid. Client credential flows must have a scope value \
                     with /.default suffixed to the resource identifier (application ID URI)."
                ),
            )
        })?
    } else {
        field("resource").ok_or_else(|| missing("resource"))?.to_owned()
    };
    if !known_resource(&shared.facts.endpoints, &state, &resource) {
        return Err(Refused::new(
            400,
            "invalid_resource",
            500_011,
            format!(
                "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen if \
                 the application has not been installed by the administrator of the tenant or consented to by any user \
                 in the tenant."
            ),
        ));
    }

    let claims = claims(shared, principal, tenant, resource, strength);
    let Some(access_token) = token::issue(&shared.facts, &claims) else {
        return Err(Refused::new(
            500,
            "server_error",
            90033,
            "A transient error has occurred. Please try again.",
        ));
    };
    let body = if v2 {
        json!({
            "token_type": "Bearer", "expires_in": token::LIFETIME, "ext_expires_in": token::LIFETIME,
            "access_token": access_token,
        })
    } else {
        json!({
            "token_type": "Bearer", "expires_in": token::LIFETIME.to_string(),
            "ext_expires_in": token::LIFETIME.to_string(), "expires_on": claims.exp.to_string(),
            "not_before": claims.nbf.to_string(), "resource": claims.aud, "access_token": access_token,
        })
    };
    Ok(Reply::json(200, &body)
        .with("cache-control", "no-store, no-cache")
        .with("pragma", "no-cache"))
}

/// The application with this client id, and the managed identity if it is one.
fn client<'a>(state: &'a State, client_id: &str, tenant: &str) -> Result<(Application, Option<&'a Resource>), Refused> {
    if let Some(known) = state.applications.get(&client_id.to_lowercase()) {
        return Ok((known.clone(), None));
    }
    let identity = managed_identity(state, client_id).ok_or_else(|| {
        Refused::new(
            400,
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen \
                 if the application has not been installed by the administrator of the tenant or consented to by any \
                 user in the tenant. You may have sent your authentication request to the wrong tenant."
            ),
        )
    })?;
    Ok((as_application(identity), Some(identity)))
}

fn principal_of<'a>(state: &'a State, application: &Application, tenant: &str) -> Result<&'a Principal, Refused> {
    let app = &application.app_id;
    state.principals.values().find(|one| one.app_id == *app).ok_or_else(|| {
        Refused::new(
            401,
            "unauthorized_client",
            7_000_229,
            format!("The client application {app} is missing service principal in the tenant {tenant}."),
        )
    })
}

/// What a token for the principal says.
fn claims(shared: &Shared, principal: &Principal, tenant: &str, audience: String, strength: &str) -> Claims {
    let now = shared.clock.now().unix_timestamp();
    Claims {
        aud: audience,
        iss: format!("{}/{tenant}/", shared.facts.endpoints.login),
        iat: now,
        nbf: now,
        exp: now + token::LIFETIME,
        appid: principal.app_id.clone(),
        appidacr: strength.to_owned(),
        idp: format!("{}/{tenant}/", shared.facts.endpoints.login),
        idtyp: "app".to_owned(),
        oid: principal.object_id.clone(),
        sub: principal.object_id.clone(),
        tid: tenant.to_owned(),
        uti: URL_SAFE_NO_PAD.encode(uuid::Uuid::new_v4().as_bytes()),
        ver: "1.0".to_owned(),
        roles: Vec::new(),
    }
}

/// With what a program inside a simulated cluster signs in.
pub(crate) enum Proof<'a> {
    /// The secret of a service principal.
    Secret(&'a str),
    /// The token of a service account, which the cluster signs for its issuer.
    Account { issuer: &'a str, subject: &'a str },
}

/// Signs a program of a cluster in to ARM; what Entra ID says when it does not.
pub(crate) fn sign_in(shared: &Shared, state: &State, client_id: &str, proof: &Proof<'_>) -> Result<Claims, String> {
    let endpoints = &shared.facts.endpoints;
    let signed_in = || {
        let (application, identity) = client(state, client_id, &endpoints.tenant)?;
        let strength = match (proof, identity) {
            (Proof::Secret(secret), _) => {
                check_secret(shared, &application, secret)?;
                "1"
            }
            (Proof::Account { issuer, subject }, Some(identity)) => {
                federated::check_trust(state, identity, issuer, subject, &[CLUSTER_AUDIENCE])?;
                "2"
            }
            (Proof::Account { .. }, None) => {
                let text = format!("The application {client_id} has no federated credentials.");
                return Err(Refused::new(401, "invalid_client", 70025, text));
            }
        };
        let principal = principal_of(state, &application, &endpoints.tenant)?;
        let audience = endpoints.arm_audience.clone();
        Ok(claims(shared, principal, &endpoints.tenant, audience, strength))
    };
    signed_in().map_err(|refused: Refused| format!("AADSTS{}: {}", refused.code, refused.text))
}

/// The audience for which OpenShift has tokens of its service accounts made.
const CLUSTER_AUDIENCE: &str = "openshift";

/// The user-assigned identity with this client id.
fn managed_identity<'a>(state: &'a State, client_id: &str) -> Option<&'a Resource> {
    state.resources.values().find(|one| {
        one.kind == IDENTITY
            && one
                .property_text("clientId")
                .is_some_and(|own| own.eq_ignore_ascii_case(client_id))
    })
}

/// A managed identity as the application it is to Entra ID: no secrets, certificates from the identity service.
fn as_application(identity: &Resource) -> Application {
    let certificates = identity.property(CERTIFICATES).and_then(Value::as_array);
    Application {
        app_id: identity.property_text("clientId").unwrap_or_default().to_owned(),
        object_id: identity.property_text("principalId").unwrap_or_default().to_owned(),
        name: identity.name.clone(),
        secrets: Vec::new(),
        certificates: certificates
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    }
}

fn basic_credentials(call: &Call) -> Option<(String, String)> {
    let encoded = call.header("authorization")?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |text: &str| {
        url::form_urlencoded::parse(text.as_bytes())
            .next()
            .map(|(key, _)| key.into_owned())
    };
    Some((decode(id)?, decode(secret)?))
}

fn check_secret(shared: &Shared, application: &Application, given: &str) -> Result<(), Refused> {
    let app = &application.app_id;
    let Some(secret) = application.secrets.iter().find(|secret| secret.secret == given) else {
        return Err(Refused::new(
            401,
            "invalid_client",
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
                 not the client secret ID, for a secret added to app '{app}'."
            ),
        ));
    };
    if secret.ends < shared.clock.now() {
        return Err(Refused::new(
            401,
            "invalid_client",
            7_000_222,
            format!("The provided client secret keys for app '{app}' are expired."),
        ));
    }
    Ok(())
}

/// Whether a token for this audience can be had here.
fn known_resource(endpoints: &Endpoints, state: &State, resource: &str) -> bool {
    let resource = resource.trim_end_matches('/').to_ascii_lowercase();
    let known = [
        "https://management.azure.com",
        "https://management.core.windows.net",
        "https://graph.microsoft.com",
        VAULT_RESOURCE,
        STORAGE_RESOURCE,
        AUTHORIZATION_RESOURCE,
        IDENTITY_RESOURCE,
        endpoints.identity.as_str(),
        "https://authorization.azure.net",
        endpoints.arm.as_str(),
        endpoints.arm_audience.as_str(),
        endpoints.graph.as_str(),
        endpoints.graph_audience.as_str(),
        endpoints.vault.as_str(),
        endpoints.blob.as_str(),
        endpoints.installer.as_str(),
        endpoints.check_access.as_str(),
    ];
    known
        .iter()
        .any(|known| known.trim_end_matches('/').eq_ignore_ascii_case(&resource))
        || state.applications.contains(resource.trim_start_matches("api://"))
}
