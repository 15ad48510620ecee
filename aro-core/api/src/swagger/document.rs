//! The description of a version, in Swagger 2.0.

use std::collections::BTreeMap;

use super::common_types;
use super::definitions::Definitions;
use super::examples;
use super::json::Json;
use super::routes::{Ends, Operation};
use super::switches::{Manner, Switches};
use crate::version::ApiVersion;

/// The description of a version; none for one that was never published.
pub fn document(version: ApiVersion) -> Option<Json> {
    describe(version, Reader::Anybody)
}

/// Who a description is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reader {
    /// Everybody who has read the published one.
    Anybody,
    /// A program that makes a client of it: every secret is marked.
    Generator,
}

pub(super) fn describe(version: ApiVersion, reader: Reader) -> Option<Json> {
    let switches = Switches::of(version)?;
    let typespec = switches.manner == Manner::TypeSpec;
    let mut definitions = Definitions::new(version, switches, reader);
    let mut paths: BTreeMap<&str, Json> = BTreeMap::new();
    let mut tags = Vec::new();
    definitions.add("CloudError");
    for operation in Operation::of(version, switches) {
        let replies = operation.replies.iter().filter_map(|(_, definition)| *definition);
        replies.chain(operation.body).for_each(|name| definitions.add(name));
        paths
            .entry(operation.path)
            .or_insert_with(|| Json::Object(Vec::new()))
            .set(operation.method, described(operation, version, switches));
        if !tags.contains(&operation.tag) {
            tags.push(operation.tag);
        }
    }
    let mut document = Json::object([
        ("swagger", "2.0".into()),
        (
            "info",
            Json::object([
                ("title", "Azure Red Hat OpenShift Client"),
                (
                    "description",
                    "Azure Red Hat OpenShift 4 through Azure Resource Manager.",
                ),
                ("version", version.name()),
            ]),
        ),
        ("host", "management.azure.com".into()),
        ("schemes", Json::list(["https"])),
        ("consumes", Json::list(["application/json"])),
        ("produces", Json::list(["application/json"])),
    ]);
    if typespec {
        let tags = tags.iter().map(|tag| Json::object([("name", *tag)]));
        document.set("tags", Json::List(tags.collect()));
    }
    document.set("paths", Json::object(paths));
    document.set("definitions", definitions.into_json());
    let parameters = if typespec {
        Vec::new()
    } else {
        vec![("api-version", unused_parameter())]
    };
    document.set("parameters", Json::object(parameters));
    document.set("securityDefinitions", Json::object([("azure_auth", login())]));
    document.set(
        "security",
        Json::list([Json::object([("azure_auth", Json::list(["user_impersonation"]))])]),
    );
    Some(document)
}

fn described(operation: &Operation, version: ApiVersion, switches: &Switches) -> Json {
    let typespec = switches.manner == Manner::TypeSpec;
    let mut out = Json::object([
        ("tags", Json::list([operation.tag])),
        ("summary", operation.summary.into()),
        ("description", operation.answers.into()),
        ("operationId", operation.id.into()),
        ("parameters", Json::List(parameters(operation, switches))),
        ("responses", responses(operation, typespec)),
    ]);
    if let Some(ends) = operation.ends {
        if typespec {
            out.set("x-ms-long-running-operation-options", options(operation, ends));
        }
        out.set("x-ms-long-running-operation", true);
    }
    let (title, file) = examples::name(operation, version);
    out.set(
        "x-ms-examples",
        Json::object([(title, Json::object([("$ref", format!("./examples/{file}"))]))]),
    );
    if operation.pageable {
        out.set("x-ms-pageable", Json::object([("nextLinkName", "nextLink")]));
    }
    out
}

fn options(operation: &Operation, ends: Ends) -> Json {
    let via = match ends {
        Ends::AzureAsyncOperation => "azure-async-operation",
        Ends::Location => "location",
    };
    let options = Json::object([("final-state-via", via)]);
    match operation.replies.iter().find_map(|(_, definition)| *definition) {
        Some(definition) => options.with("final-state-schema", format!("#/definitions/{definition}")),
        None => options,
    }
}

fn parameters(operation: &Operation, switches: &Switches) -> Vec<Json> {
    let types = common_types::seen_from_description(switches.common_types);
    let common = |name: &str| Json::object([("$ref", format!("{types}/types.json#/parameters/{name}"))]);
    let mut parameters = vec![common("ApiVersionParameter")];
    parameters.extend(operation.path_parameters().map(|name| match name {
        "subscriptionId" => common("SubscriptionIdParameter"),
        "resourceGroupName" => common("ResourceGroupNameParameter"),
        "location" => common("LocationParameter"),
        name => path_parameter(name),
    }));
    if let Some(definition) = operation.body {
        parameters.push(Json::object([
            ("name", "parameters".into()),
            ("in", "body".into()),
            ("description", "The cluster as it should be.".into()),
            ("required", Json::Bool(true)),
            (
                "schema",
                Json::object([("$ref", format!("#/definitions/{definition}"))]),
            ),
        ]));
    }
    parameters
}

fn path_parameter(name: &str) -> Json {
    let (doc, pattern) = match name {
        "openShiftVersion" => ("The OpenShift version.", Some(r"^(\d+)\.(\d+)\.(\d+)(.*)")),
        "openShiftMinorVersion" => ("The OpenShift minor version.", Some(r"^(\d+)\.(\d+)")),
        _ => ("The name of the cluster.", None),
    };
    let parameter = Json::object([
        ("name", name.into()),
        ("in", "path".into()),
        ("description", doc.into()),
        ("required", Json::Bool(true)),
        ("type", "string".into()),
    ]);
    match pattern {
        Some(pattern) => parameter
            .with("maxLength", 63_i64)
            .with("minLength", 1_i64)
            .with("pattern", pattern),
        None => parameter,
    }
}

fn responses(operation: &Operation, typespec: bool) -> Json {
    let mut responses = Vec::new();
    for (status, definition) in operation.replies {
        let text = match status {
            201 => "Created",
            202 => "Accepted",
            204 => "No Content",
            _ => "OK",
        };
        let mut response = Json::object([("description", text)]);
        if let Some(definition) = definition {
            response.set(
                "schema",
                Json::object([("$ref", format!("#/definitions/{definition}"))]),
            );
        }
        if typespec && let Some(header) = header(operation, *status) {
            let wait = Json::object([
                ("type", "integer"),
                ("format", "int32"),
                ("description", "Seconds to wait before asking."),
            ]);
            let place = Json::object([
                ("type", "string"),
                ("description", "Where to ask how far the operation is."),
            ]);
            response.set("headers", Json::object([(header, place), ("Retry-After", wait)]));
        }
        responses.push((status.to_string(), response));
    }
    let error = Json::object([
        ("description", "Why the request was refused.".into()),
        ("schema", Json::object([("$ref", "#/definitions/CloudError")])),
    ]);
    responses.push(("default".to_owned(), error));
    Json::object(responses)
}

/// The header that says where the operation can be followed.
fn header(operation: &Operation, status: u16) -> Option<&'static str> {
    match (operation.ends?, status) {
        (Ends::AzureAsyncOperation, 201) => Some("Azure-AsyncOperation"),
        (Ends::Location, 202) => Some("Location"),
        _ => None,
    }
}

/// No operation refers to it, and its pattern fits no version; but it is in the published contracts.
fn unused_parameter() -> Json {
    Json::object([
        ("name", "api-version".into()),
        ("in", "query".into()),
        ("description", "The version of the contract.".into()),
        ("required", Json::Bool(true)),
        ("type", "string".into()),
        ("pattern", r"^\d{2}-\d{2}-\d{4}(-preview)?$".into()),
        ("x-ms-parameter-location", "client".into()),
    ])
}

fn login() -> Json {
    Json::object([
        ("type", "oauth2".into()),
        ("description", "Azure Active Directory, OAuth2 implicit flow.".into()),
        ("flow", "implicit".into()),
        (
            "authorizationUrl",
            "https://login.microsoftonline.com/common/oauth2/authorize".into(),
        ),
        (
            "scopes",
            Json::object([("user_impersonation", "impersonate your user account")]),
        ),
    ])
}
