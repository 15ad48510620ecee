//! What Azure says for every resource provider, in the editions that our descriptions refer to, and of each only what
//! they refer to.

use super::json::Json;

/// The folder of an edition, as seen from the folder of a description.
pub(super) fn seen_from_description(edition: &str) -> String {
    format!("../../../../../../{}", folder(edition))
}

/// The folder of an edition.
pub(super) fn folder(edition: &str) -> String {
    format!("common-types/resource-management/{edition}")
}

/// The file of the common types that has a definition of the model.
pub(super) fn file_of(definition: &str) -> Option<&'static str> {
    (definition == "ManagedServiceIdentity").then_some("managedidentity.json")
}

/// The files of an edition: name and content.
pub(super) fn files(edition: &str) -> Vec<(&'static str, Json)> {
    let newest = edition == "v6";
    let mut files = vec![("types.json", types(edition))];
    if newest {
        files.push(("managedidentity.json", managed_identity()));
    }
    files
}

/// v1 and v2 have neither types of objects nor system data; v6 says what kind of text an id is.
fn types(edition: &str) -> Json {
    let old = matches!(edition, "v1" | "v2");
    let newest = edition == "v6";
    let id = |doc: &str| {
        let id = described(doc, "string");
        let id = if newest { id.with("format", "arm-id") } else { id };
        id.with("readOnly", true)
    };
    let mut members = vec![
        ("id", id("The resource id.")),
        ("name", described("The resource name.", "string").with("readOnly", true)),
        ("type", described("The resource type.", "string").with("readOnly", true)),
    ];
    if !old {
        let data = Json::object([("readOnly", Json::Bool(true))]);
        let data = if newest { data } else { data.with("type", "object") };
        members.push((
            "systemData",
            data.with("$ref", "#/definitions/systemData")
                .with("description", "Who created and last changed the resource."),
        ));
    }
    let titled = |title: &str, doc: &str| {
        let named = Json::object([("description", doc)]);
        if old {
            named
        } else {
            named.with("title", title).with("type", "object")
        }
    };
    let base = || Json::list([Json::object([("$ref", "#/definitions/Resource")])]);
    let tags = Json::object([
        ("description", "Resource tags.".into()),
        ("type", "object".into()),
        ("additionalProperties", Json::object([("type", "string")])),
        ("x-ms-mutability", Json::list(["read", "create", "update"])),
    ]);
    let location = described("The region that the resource lives in.", "string")
        .with("x-ms-mutability", Json::list(["read", "create"]));
    let mut definitions = vec![
        (
            "Resource",
            titled("Resource", "What every resource has.")
                .with("properties", Json::object(members))
                .with("x-ms-azure-resource", true),
        ),
        (
            "TrackedResource",
            titled("Tracked Resource", "A resource with tags and a location.")
                .with("properties", Json::object([("tags", tags), ("location", location)]))
                .with("required", Json::list(["location"]))
                .with("allOf", base()),
        ),
        (
            "ProxyResource",
            titled("Proxy Resource", "A resource without tags and location.").with("allOf", base()),
        ),
    ];
    if !old {
        definitions.push(("systemData", system_data()));
    }
    document(edition, definitions).with("parameters", parameters(old, newest))
}

fn parameters(old: bool, newest: bool) -> Json {
    let parameter = |name: &str, place: &str, doc: &str| {
        Json::object([
            ("name", name.into()),
            ("in", place.into()),
            ("required", Json::Bool(true)),
            ("type", "string".into()),
            ("description", Json::from(doc)),
        ])
    };
    let not_empty = |parameter: Json| parameter.with("minLength", 1_i64);
    let subscription = parameter("subscriptionId", "path", "The subscription.");
    let subscription = if newest {
        subscription.with("format", "uuid")
    } else {
        not_empty(subscription)
    };
    let group = parameter(
        "resourceGroupName",
        "path",
        "The resource group; letter case does not matter.",
    );
    let group = if old {
        group.with("pattern", r"^[-\w\._\(\)]+$")
    } else {
        group
    };
    let mut parameters = vec![
        (
            "ApiVersionParameter",
            not_empty(parameter("api-version", "query", "The version of the contract.")),
        ),
        ("SubscriptionIdParameter", subscription),
        (
            "ResourceGroupNameParameter",
            not_empty(group)
                .with("maxLength", 90_i64)
                .with("x-ms-parameter-location", "method"),
        ),
    ];
    if !old {
        let location = not_empty(parameter("location", "path", "The Azure region."));
        parameters.push(("LocationParameter", location.with("x-ms-parameter-location", "method")));
    }
    Json::object(parameters)
}

fn system_data() -> Json {
    let kind = |doc: &str| {
        described(doc, "string")
            .with("enum", Json::list(["User", "Application", "ManagedIdentity", "Key"]))
            .with(
                "x-ms-enum",
                Json::object([("name", "createdByType".into()), ("modelAsString", Json::Bool(true))]),
            )
    };
    let time = |doc: &str| described(doc, "string").with("format", "date-time");
    described("Who created and last changed a resource.", "object")
        .with("readOnly", true)
        .with(
            "properties",
            Json::object([
                ("createdBy", described("Who created it.", "string")),
                ("createdByType", kind("What kind of principal that was.")),
                ("createdAt", time("When that was (UTC).")),
                ("lastModifiedBy", described("Who last changed it.", "string")),
                ("lastModifiedByType", kind("What kind of principal that was.")),
                ("lastModifiedAt", time("When that was (UTC).")),
            ]),
        )
}

fn managed_identity() -> Json {
    let uuid = |doc: &str| described(doc, "string").with("format", "uuid").with("readOnly", true);
    let identity = described("The managed identities of a resource.", "object")
        .with(
            "properties",
            Json::object([
                ("principalId", uuid("The principal of the system-assigned identity.")),
                ("tenantId", uuid("The tenant of the system-assigned identity.")),
                (
                    "type",
                    Json::object([("$ref", "#/definitions/ManagedServiceIdentityType")]),
                ),
                (
                    "userAssignedIdentities",
                    described("The user-assigned identities, by resource id.", "object").with(
                        "additionalProperties",
                        Json::object([
                            ("$ref", "#/definitions/UserAssignedIdentity".into()),
                            ("x-nullable", Json::Bool(true)),
                        ]),
                    ),
                ),
            ]),
        )
        .with("required", Json::list(["type"]));
    let words = ["None", "SystemAssigned", "UserAssigned", "SystemAssigned,UserAssigned"];
    let kind = described("Which kinds of managed identity there are.", "string")
        .with("enum", Json::list(words))
        .with(
            "x-ms-enum",
            Json::object([
                ("name", "ManagedServiceIdentityType".into()),
                ("modelAsString", Json::Bool(true)),
            ]),
        );
    let user = described("A user-assigned identity.", "object").with(
        "properties",
        Json::object([
            ("principalId", uuid("The principal id.")),
            ("clientId", uuid("The client id.")),
        ]),
    );
    document(
        "v6",
        vec![
            ("ManagedServiceIdentity", identity),
            ("ManagedServiceIdentityType", kind),
            ("UserAssignedIdentity", user),
        ],
    )
}

fn described(doc: &str, kind: &str) -> Json {
    Json::object([("description", doc), ("type", kind)])
}

fn document(edition: &str, definitions: Vec<(&str, Json)>) -> Json {
    let version = format!("{}.0", edition.trim_start_matches('v'));
    Json::object([
        ("swagger", "2.0".into()),
        (
            "info",
            Json::object([("title", "Common types"), ("version", version.as_str())]),
        ),
        ("paths", Json::Object(Vec::new())),
        ("definitions", Json::object(definitions)),
    ])
}
