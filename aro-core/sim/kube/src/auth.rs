//! Who asks, and whether they may.

pub(crate) mod rbac;
pub(crate) mod reviews;
pub(crate) mod tokens;

use std::collections::BTreeMap;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::path::ResourcePath;
use crate::server::Inner;
use crate::status::{Qualified, Status};

/// Who makes a request. As a request extension it stands for credentials checked by the listener (client certificates).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct User {
    /// User name.
    pub name: String,
    /// Unique id; empty where there is none.
    pub uid: String,
    /// Groups, `system:authenticated` apart.
    pub groups: Vec<String>,
    /// More about the user, by key.
    pub extra: BTreeMap<String, Vec<String>>,
    /// Who acts as this user.
    pub impersonator: Option<String>,
}

/// Members of this group may do everything.
pub const MASTERS: &str = "system:masters";
const AUTHENTICATED: &str = "system:authenticated";
const UNAUTHENTICATED: &str = "system:unauthenticated";
const ANONYMOUS: &str = "system:anonymous";
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

impl User {
    /// Whom a client certificate (DER) stands for: common name and organizations.
    pub fn of_certificate(certificate: &[u8]) -> Option<Self> {
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
        let subject = parsed.subject();
        let name = subject.iter_common_name().next()?.as_str().ok()?;
        let groups = subject.iter_organization().filter_map(|one| one.as_str().ok());
        Some(groups.fold(Self::new(name), Self::group))
    }

    /// A user of this name, in no group.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Adds a group.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.groups.push(group.into());
        self
    }

    /// A user who may do everything.
    pub fn admin() -> Self {
        Self::new("system:admin").group(MASTERS)
    }

    pub(crate) fn anonymous() -> Self {
        Self::new(ANONYMOUS).group(UNAUTHENTICATED)
    }

    pub(crate) fn service_account(namespace: &str, name: &str, uid: &str) -> Self {
        Self {
            uid: uid.to_owned(),
            ..Self::new(format!("{SERVICE_ACCOUNT}{namespace}:{name}"))
                .group("system:serviceaccounts")
                .group(format!("system:serviceaccounts:{namespace}"))
        }
    }

    /// The user with the group of all who proved who they are.
    fn authenticated(mut self) -> Self {
        if self.name != ANONYMOUS && !self.groups.iter().any(|group| group == AUTHENTICATED) {
            self.groups.push(AUTHENTICATED.to_owned());
        }
        self
    }

    pub(crate) fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == MASTERS)
    }

    /// As reviews and requests for certificates show it.
    pub(crate) fn info(&self) -> Value {
        let mut info = json!({"username": self.name, "groups": self.groups});
        if !self.uid.is_empty() {
            info["uid"] = Value::from(self.uid.as_str());
        }
        if !self.extra.is_empty() {
            info["extra"] = json!(self.extra);
        }
        info
    }
}

/// How requests are authorized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorization {
    /// Everybody may do everything.
    AlwaysAllow,
    /// Roles and bindings decide.
    Rbac,
}

/// What a request without credentials counts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoCredentials {
    /// As this user: in-process clients of a test need no credentials.
    Is(User),
    /// As `system:anonymous`.
    Anonymous,
    /// It is refused (401).
    Refused,
}

/// Finds out who asks.
pub(crate) fn authenticate(server: &Inner, headers: &HeaderMap, vouched: Option<&User>) -> Result<User, Status> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(str::trim);
    let user = match (vouched, bearer) {
        (Some(user), _) => user.clone(),
        (None, Some(token)) => match server.options.tokens.get(token) {
            Some(user) => user.clone(),
            None => tokens::user(server, token).ok_or_else(Status::unauthorized)?,
        },
        (None, None) if headers.contains_key(AUTHORIZATION) => return Err(Status::unauthorized()),
        (None, None) => match &server.options.no_credentials {
            NoCredentials::Is(user) => user.clone(),
            NoCredentials::Anonymous => User::anonymous(),
            NoCredentials::Refused => return Err(Status::unauthorized()),
        },
    };
    Ok(user.authenticated())
}

/// What is to be authorized.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attributes {
    pub(crate) verb: String,
    pub(crate) group: String,
    pub(crate) resource: String,
    pub(crate) subresource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// For paths that are no resources; resources leave it empty.
    pub(crate) path: String,
}

impl Attributes {
    pub(crate) fn of(verb: &str, path: &str, resource: Option<&ResourcePath>) -> Self {
        match resource {
            None => Self {
                verb: verb.to_owned(),
                path: path.to_owned(),
                ..Self::default()
            },
            Some(resource) => Self {
                verb: verb.to_owned(),
                group: resource.group.clone(),
                resource: resource.resource.clone(),
                subresource: resource.subresource.clone().unwrap_or_default(),
                namespace: resource.namespace.clone().unwrap_or_default(),
                name: resource.name.clone().unwrap_or_default(),
                path: String::new(),
            },
        }
    }
}

/// Whether a user may.
pub(crate) fn allows(server: &Inner, user: &User, attributes: &Attributes) -> bool {
    allows_in(server, &server.world(), user, attributes)
}

pub(crate) fn allows_in(server: &Inner, world: &crate::world::World, user: &User, attributes: &Attributes) -> bool {
    server.options.authorization == Authorization::AlwaysAllow
        || user.is_master()
        || rbac::allows(world, user, attributes)
}

/// Refuses what a user may not do.
pub(crate) fn authorize(server: &Inner, user: &User, attributes: &Attributes) -> Result<(), Status> {
    if allows(server, user, attributes) {
        return Ok(());
    }
    Err(refusal(user, attributes))
}

pub(crate) fn refusal(user: &User, attributes: &Attributes) -> Status {
    let Attributes {
        verb,
        group,
        resource,
        subresource,
        namespace,
        name,
        path,
    } = attributes;
    let full = if subresource.is_empty() {
        resource.clone()
    } else {
        format!("{resource}/{subresource}")
    };
    if !path.is_empty() {
        let why = format!("User \"{}\" cannot {verb} path \"{path}\"", user.name);
        let nothing = Qualified { name: "", group: "" };
        let mut status = Status::forbidden(nothing, "", &why);
        status.message = format!("forbidden: {why}");
        return status;
    }
    let place = if namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace \"{namespace}\"")
    };
    let why = format!(
        "User \"{}\" cannot {verb} resource \"{full}\" in API group \"{group}\" {place}",
        user.name
    );
    let what = Qualified { name: resource, group };
    Status::forbidden(what, name, &why)
}

/// Follows the `Impersonate-…` headers, if the user may.
pub(crate) fn impersonate(
    server: &Inner,
    user: User,
    headers: &HeaderMap,
    attributes: &Attributes,
) -> Result<User, Status> {
    let all = |name: &str| -> Vec<String> {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .map(str::to_owned)
            .collect()
    };
    let name = all("impersonate-user").into_iter().next();
    let groups = all("impersonate-group");
    let uid = all("impersonate-uid").into_iter().next().unwrap_or_default();
    let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (header, value) in headers {
        if let Some(key) = header.as_str().strip_prefix("impersonate-extra-") {
            let key = crate::path::decode(key);
            let value = value.to_str().unwrap_or_default().to_owned();
            extra.entry(key).or_default().push(value);
        }
    }
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        if groups.is_empty() && uid.is_empty() && extra.is_empty() {
            return Ok(user);
        }
        let shown: Vec<String> = groups.iter().map(|group| format!("\"{group}\"")).collect();
        return Err(Status::bad_request(format!(
            "requested &user.DefaultInfo{{Name:\"\", UID:\"{uid}\", Groups:[]string{{{}}}, Extra:map[string][]string(nil)}} \
             without impersonating a user name",
            shown.join(", ")
        )));
    };
    let mut wanted: Vec<Attributes> = Vec::new();
    let ask = |resource: &str, name: &str| Attributes {
        verb: "impersonate".to_owned(),
        resource: resource.to_owned(),
        name: name.to_owned(),
        ..Attributes::default()
    };
    let account = name.strip_prefix(SERVICE_ACCOUNT).and_then(|rest| rest.split_once(':'));
    match account {
        Some((namespace, account)) => wanted.push(Attributes {
            namespace: namespace.to_owned(),
            ..ask("serviceaccounts", account)
        }),
        None => wanted.push(ask("users", &name)),
    }
    wanted.extend(groups.iter().map(|group| ask("groups", group)));
    for wanted in &wanted {
        if !allows(server, &user, wanted) {
            let shown = Attributes {
                verb: format!("impersonate-on:user-info:{}", attributes.verb),
                ..attributes.clone()
            };
            return Err(refusal(&user, &shown));
        }
    }
    let mut acting = match account {
        Some((namespace, account)) => User::service_account(namespace, account, ""),
        None => User::new(name.clone()),
    };
    if !groups.is_empty() {
        acting.groups = groups;
    }
    acting.uid = uid;
    acting.extra = extra;
    acting.impersonator = Some(user.name);
    Ok(acting.authenticated())
}
