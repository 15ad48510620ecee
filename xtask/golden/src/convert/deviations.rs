//! Where conversion differs from the reference on purpose.

use serde_json::Value;

use crate::case::Case;
use crate::deviations::{ANYTHING, AS_BEFORE, NOTHING_IN_OBJECT, Rule};

const CONVERT: &str = "convert";
const ADMIN: &str = "admin";
const BOTH: &str = "admin+convert";
const MERGES: &[&str] = &["patchMerge", "putMerge", "patch", "put"];
/// Versions that keep what the service found apart from what the customer wished for.
const WITH_STATUS: &[&str] = &["2023-09-04", "2023-11-22", "2024-08-12-preview", "2025-07-25", "admin"];
const WITHOUT_STATUS: &[&str] = &[
    "2019-12-31-preview",
    "2020-04-30",
    "2021-09-01-preview",
    "2022-04-01",
    "2022-09-04",
    "2023-04-01",
    "2023-07-01-preview",
];
/// Versions without encryption of workers.
const WITHOUT_ENCRYPTION: &[&str] = &["2019-12-31-preview", "2020-04-30"];
const DATED: &[&str] = &[
    "2019-12-31-preview",
    "2020-04-30",
    "2021-09-01-preview",
    "2022-04-01",
    "2022-09-04",
    "2023-04-01",
    "2023-07-01-preview",
    "2023-09-04",
    "2023-11-22",
    "2024-08-12-preview",
    "2025-07-25",
];
const SINCE_SYSTEM_DATA: &[&str] = &[
    "2021-09-01-preview",
    "2022-04-01",
    "2022-09-04",
    "2023-04-01",
    "2023-07-01-preview",
    "2023-09-04",
    "2023-11-22",
    "2024-08-12-preview",
];
const READ_ONLY_IPS: &[&str] = &["2023-11-22", "2024-08-12-preview", "2025-07-25"];
const WITH_IDENTITY: &[&str] = &["2024-08-12-preview", "2025-07-25", "admin"];

/// A leaf that stays as it was, whatever the reference makes of it.
const fn kept(
    name: &'static str,
    versions: &'static [&'static str],
    leaf: &'static str,
    when: fn(&Case) -> bool,
    reason: &'static str,
) -> Rule {
    Rule {
        name,
        file: BOTH,
        versions,
        operations: MERGES,
        leaf,
        reference: Some(ANYTHING),
        ours: Some(AS_BEFORE),
        when,
        reason,
    }
}

/// A leaf of the identity that an operator had before, where the request gives it another.
const fn replaced(name: &'static str, leaf: &'static str, was: &'static str) -> Rule {
    Rule {
        name,
        file: CONVERT,
        versions: WITH_IDENTITY,
        operations: MERGES,
        leaf,
        reference: None,
        ours: Some(was),
        when: replaces_operator_identity,
        reason: "it is noted, so that the update takes from it what the cluster gave it",
    }
}

/// A leaf that stays as it was where the reference drops it.
const fn not_dropped(
    name: &'static str,
    versions: &'static [&'static str],
    leaf: &'static str,
    when: fn(&Case) -> bool,
    reason: &'static str,
) -> Rule {
    Rule {
        reference: None,
        ..kept(name, versions, leaf, when, reason)
    }
}

const fn gone(
    name: &'static str,
    file: &'static str,
    versions: &'static [&'static str],
    operations: &'static [&'static str],
    leaf: &'static str,
    reference: &'static str,
    reason: &'static str,
) -> Rule {
    Rule {
        name,
        file,
        versions,
        operations,
        leaf,
        reference: Some(reference),
        ours: None,
        when: always,
        reason,
    }
}

/// All of them.
pub(crate) const RULES: &[Rule] = &[
    gone(
        "views never contain secrets",
        CONVERT,
        &[],
        &["toExternal", "toExternalList", "toExternalNoReadOnly"],
        "apart./*Secret",
        "*",
        "the reference copies them and relies on every caller to blank them first",
    ),
    gone(
        "admin views never contain secrets",
        ADMIN,
        &[],
        &["toExternal"],
        "apart./*Secret",
        "*",
        "the reference copies them and relies on every caller to blank them first",
    ),
    Rule {
        name: "envelope: result",
        file: CONVERT,
        versions: &[],
        operations: &["codec.decodeThenEncode"],
        leaf: "result",
        reference: Some("500*(internal error)"),
        ours: None,
        when: about_bucket,
        reason: "what surrounds the cluster in a document is read by the store, not by the model",
    },
    Rule {
        name: "envelope: member",
        file: CONVERT,
        versions: &[],
        operations: &["codec.decodeThenEncode"],
        leaf: "out.bucket",
        reference: None,
        ours: Some("1.5"),
        when: about_bucket,
        reason: "what surrounds the cluster in a document is read by the store, not by the model",
    },
    gone(
        "no empty console profile without read-only members",
        CONVERT,
        &["2025-07-25"],
        &["toExternalNoReadOnly"],
        "apart./properties/consoleProfile",
        "{}",
        "an intermediate form that no client sees; views and merges do not depend on it",
    ),
    Rule {
        name: "operations are a list",
        file: CONVERT,
        versions: &[],
        operations: &["operationList"],
        leaf: "outText",
        reference: Some("{\n    \"value\": null\n}"),
        ours: Some("11 operations"),
        when: always,
        reason: "the case converts no list at all; ours is fixed",
    },
    // What the reference answers with 500 because it crashes.
    Rule {
        name: "no crash: identity through the admin API",
        file: CONVERT,
        versions: &["admin"],
        operations: &[
            "patchMerge",
            "putMerge",
            "createMerge",
            "toExternalThenToInternalOverEmpty",
        ],
        leaf: "result",
        reference: Some("*(panic)"),
        ours: Some("\"400 PropertyChangeNotAllowed identity\""),
        when: always,
        reason: "the reference dereferences null; a cluster gets its identity when it is created",
    },
    Rule {
        name: "no crash: result",
        file: CONVERT,
        versions: &[],
        operations: MERGES,
        leaf: "result",
        reference: Some("*(panic)"),
        ours: None,
        when: crashed,
        reason: "the reference dereferences null; nothing is wrong with the request",
    },
    Rule {
        name: "no crash: document",
        file: CONVERT,
        versions: &[],
        operations: MERGES,
        leaf: "out.*",
        reference: Some(ANYTHING),
        ours: Some(AS_BEFORE),
        when: crashed,
        reason: "the document is as it was, but for what the request changes",
    },
    Rule {
        name: "no crash: null",
        file: ADMIN,
        versions: &["admin"],
        operations: &["patch"],
        leaf: "result",
        reference: Some("*(panic)"),
        ours: Some("\"400 InvalidRequestContent\""),
        when: always,
        reason: "the reference dereferences null",
    },
    Rule {
        name: "unreadable catalogue entries",
        file: ADMIN,
        versions: &["admin"],
        operations: &["version", "roleSet", "manifest"],
        leaf: "result",
        reference: Some("500*(internal error)"),
        ours: Some("\"400 InvalidRequestContent\""),
        when: always,
        reason: "a body that cannot be read is the fault of who sent it",
    },
    Rule {
        name: "half of a surrogate pair",
        file: ADMIN,
        versions: &["admin"],
        operations: &["patch"],
        leaf: "result",
        reference: Some("400 PropertyChangeNotAllowed location"),
        ours: Some("\"400 InvalidRequestContent\""),
        when: half_character,
        reason: "it is no character; guessing another one is no better than saying so",
    },
    // What the service writes may be sent back, and nothing else.
    Rule {
        name: "read-only members may be sent back: result",
        file: ADMIN,
        versions: &["admin"],
        operations: &["patch", "put"],
        leaf: "result",
        reference: Some("400 PropertyChangeNotAllowed *"),
        ours: Some("\"ok\""),
        when: whole_body_sent_back,
        reason: "what a GET showed can be sent back as it is",
    },
    Rule {
        name: "read-only members may be sent back: document",
        file: ADMIN,
        versions: &["admin"],
        operations: &["patch", "put"],
        leaf: "out.*",
        reference: Some(ANYTHING),
        ours: Some(AS_BEFORE),
        when: whole_body_sent_back,
        reason: "what a GET showed can be sent back as it is",
    },
    Rule {
        name: "unknown task sent back",
        file: ADMIN,
        versions: &["admin"],
        operations: &["put"],
        leaf: "result",
        reference: Some("400 PropertyChangeNotAllowed *"),
        ours: Some("\"400 InvalidParameter properties.maintenanceTask\""),
        when: sent_back_with_unknown_task,
        reason: "what a GET showed can be sent back as it is, but the task of that document is none",
    },
    Rule {
        name: "registries cannot be changed: result",
        file: ADMIN,
        versions: &["admin"],
        operations: &["patch"],
        leaf: "result",
        reference: Some("ok"),
        ours: Some("\"400 PropertyChangeNotAllowed properties.registryProfiles['arosvc.azurecr.io'].issueDate\""),
        when: changes_issue_date,
        reason: "the reference shares a pointer and so compares the value with itself",
    },
    Rule {
        name: "registries cannot be changed: document",
        file: ADMIN,
        versions: &["admin"],
        operations: &["patch"],
        leaf: "out.*",
        reference: Some("*"),
        ours: None,
        when: changes_issue_date,
        reason: "the reference shares a pointer and so compares the value with itself",
    },
    Rule {
        name: "time of creation",
        file: ADMIN,
        versions: &["admin"],
        operations: &["patch"],
        leaf: "result",
        reference: Some("400 PropertyChangeNotAllowed properties.createdAt.*"),
        ours: Some("\"400 PropertyChangeNotAllowed properties.createdAt\""),
        when: always,
        reason: "the target names a member of the resource, not one of the reference's time type",
    },
    Rule {
        name: "duplicate members",
        file: ADMIN,
        versions: &["admin"],
        operations: &["patch"],
        leaf: "result",
        reference: Some("400 PropertyChangeNotAllowed properties.masterProfile.vmSize"),
        ours: Some("\"400 PropertyChangeNotAllowed properties.masterProfile.subnetId\""),
        when: was_duplicate,
        reason: "the body was recorded with the second of two members of one name only; we refuse such bodies",
    },
    Rule {
        name: "time of the installation",
        file: ADMIN,
        versions: &["admin"],
        operations: &["patch"],
        leaf: "result",
        reference: Some("400 PropertyChangeNotAllowed properties.install.now.*"),
        ours: Some("\"400 PropertyChangeNotAllowed properties.install.now\""),
        when: always,
        reason: "the target names a member of the resource, not one of the reference's time type",
    },
    // What a write through some version loses or overwrites.
    kept(
        "object id of the service principal",
        DATED,
        "out.properties.servicePrincipalProfile.spObjectId",
        same_service_principal,
        "only another service principal or secret needs a new look-up",
    ),
    not_dropped(
        "addresses of ingresses",
        READ_ONLY_IPS,
        "out.properties.ingressProfiles[*].ip",
        same_ingress_names,
        "a write through a version that does not let them be set keeps them",
    ),
    kept(
        "worker machine sets as found",
        WITH_STATUS,
        "out.properties.workerProfilesStatus*",
        no_status,
        "a write does not make the service forget them",
    ),
    kept(
        "wished workers are not overwritten by found ones",
        WITHOUT_STATUS,
        "out.properties.workerProfiles*",
        no_workers,
        "versions that show found machine sets as workers do not store them as the wish",
    ),
    not_dropped(
        "encryption of workers",
        WITHOUT_ENCRYPTION,
        "out.properties.workerProfiles[*].encryptionAtHost",
        same_worker_names,
        "members that a version does not have survive in elements of lists",
    ),
    not_dropped(
        "disk encryption sets of workers",
        WITHOUT_ENCRYPTION,
        "out.properties.workerProfiles[*].diskEncryptionSetId",
        same_worker_names,
        "members that a version does not have survive in elements of lists",
    ),
    kept(
        "outbound addresses of the load balancer",
        READ_ONLY_IPS,
        "out.properties.networkProfile.loadBalancerProfile.outboundIp*",
        has_load_balancer,
        "members that a version does not have survive",
    ),
    kept(
        "allocated ports of the load balancer",
        READ_ONLY_IPS,
        "out.properties.networkProfile.loadBalancerProfile.allocatedOutboundPorts",
        has_load_balancer,
        "members that a version does not have survive",
    ),
    kept(
        "system data is not taken from bodies",
        &[],
        "out.systemData*",
        always,
        "the reference takes it and restores it later; types of the last change it even mixes up on the way",
    ),
    kept(
        "managed identities",
        WITH_IDENTITY,
        "out.managedServiceIdentity.userAssignedIdentities*",
        no_identities,
        "a write that does not name identities keeps what the service knows of them",
    ),
    Rule {
        ours: Some(NOTHING_IN_OBJECT),
        reference: Some("new value"),
        ..kept(
            "client ids are not taken from bodies",
            WITH_IDENTITY,
            "out.managedServiceIdentity.userAssignedIdentities*.clientId",
            names_identities,
            "the service writes it; what a request says is ignored",
        )
    },
    Rule {
        ours: Some(NOTHING_IN_OBJECT),
        reference: Some("new value"),
        ..kept(
            "principal ids are not taken from bodies",
            WITH_IDENTITY,
            "out.managedServiceIdentity.userAssignedIdentities*.principalId",
            names_identities,
            "the service writes it; what a request says is ignored",
        )
    },
    not_dropped(
        "client ids of named identities",
        WITH_IDENTITY,
        "out.managedServiceIdentity.userAssignedIdentities*.clientId",
        names_identities,
        "the service writes it; an identity that is named again is the same identity",
    ),
    not_dropped(
        "principal ids of named identities",
        WITH_IDENTITY,
        "out.managedServiceIdentity.userAssignedIdentities*.principalId",
        names_identities,
        "the service writes it; an identity that is named again is the same identity",
    ),
    kept(
        "principal of an identity",
        WITH_IDENTITY,
        "out.managedServiceIdentity.principalId",
        same_identity_keys,
        "the service writes it; a write that leaves the identities keeps it",
    ),
    kept(
        "tenant of an identity",
        WITH_IDENTITY,
        "out.managedServiceIdentity.tenantId",
        same_identity_keys,
        "the service writes it; a write that leaves the identities keeps it",
    ),
    kept(
        "upgrade permission of operator identities",
        &["admin"],
        "out.properties.platformWorkloadIdentityProfile.upgradeableTo",
        always,
        "the admin API does not have the member, so it survives",
    ),
    not_dropped(
        "client ids of operator identities",
        &["admin"],
        "out.properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.*.clientId",
        always,
        "the service writes it; an admin update does not make it forget",
    ),
    not_dropped(
        "object ids of operator identities",
        &["admin"],
        "out.properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.*.objectId",
        always,
        "the service writes it; an admin update does not make it forget",
    ),
    Rule {
        ours: Some(NOTHING_IN_OBJECT),
        reference: Some("*"),
        ..kept(
            "client ids of changed operator identities",
            &["admin"],
            "out.properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.ingress.clientId",
            changes_operator_identity,
            "the service writes it; what a request says is ignored, and another identity has another id",
        )
    },
    Rule {
        ours: Some(NOTHING_IN_OBJECT),
        reference: Some("*"),
        ..kept(
            "object ids of changed operator identities",
            &["admin"],
            "out.properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.ingress.objectId",
            changes_operator_identity,
            "the service writes it; what a request says is ignored, and another identity has another id",
        )
    },
    replaced(
        "resource id of a replaced identity",
        "out.properties.platformWorkloadIdentityProfile.replacedIdentities[0].resourceId",
        "<as before>out.properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.ingress.resourceId",
    ),
    replaced(
        "client id of a replaced identity",
        "out.properties.platformWorkloadIdentityProfile.replacedIdentities[0].clientId",
        "<as before>out.properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.ingress.clientId",
    ),
    replaced(
        "object id of a replaced identity",
        "out.properties.platformWorkloadIdentityProfile.replacedIdentities[0].objectId",
        "<as before>out.properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.ingress.objectId",
    ),
    kept(
        "registries",
        &["admin"],
        "out.properties.registryProfiles*",
        always,
        "the admin API does not write them; the reference does by sharing a pointer",
    ),
    kept(
        "network security group in the admin API",
        &["admin"],
        "out.properties.networkProfile.preconfiguredNSG",
        always,
        "the admin API ignores it; nor is the default that it shows stored by the way",
    ),
    // There and back: what a version shows of a document.
    Rule {
        versions: &["2025-07-25"],
        ..there_and_back(
            "empty tags, there and back",
            "out.tags",
            None,
            "what is empty stays empty where no request is involved",
        )
    },
    gone(
        "no empty names of OpenShift versions",
        CONVERT,
        &["2025-07-25"],
        &["version.toExternal", "version.toExternalList"],
        "apart.*",
        "",
        "the version leaves out what is empty everywhere else",
    ),
    Rule {
        versions: SINCE_SYSTEM_DATA,
        ..there_and_back(
            "who last changed a cluster, there and back",
            "out.systemData.lastModifiedByType",
            Some(ANYTHING),
            "the reference mixes up the types of the first and the last change",
        )
    },
    Rule {
        versions: &["2024-08-12-preview", "2025-07-25"],
        ..there_and_back(
            "issuer, there and back",
            "out.properties.clusterProfile.oidcIssuer",
            None,
            "the version shows it; that no request writes it is for requests to say",
        )
    },
    Rule {
        versions: &["2024-08-12-preview", "2025-07-25"],
        ..there_and_back(
            "client ids of operators, there and back",
            "out.properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.*.clientId",
            None,
            "the version shows it; that no request writes it is for requests to say",
        )
    },
    Rule {
        versions: &["2024-08-12-preview", "2025-07-25"],
        ..there_and_back(
            "object ids of operators, there and back",
            "out.properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.*.objectId",
            None,
            "the version shows it; that no request writes it is for requests to say",
        )
    },
    Rule {
        versions: &["admin"],
        ..there_and_back(
            "time of creation, there and back",
            "out.properties.createdAt",
            None,
            "the version shows it; that no request writes it is for requests to say",
        )
    },
    Rule {
        reference: Some("{}"),
        ours: Some(NOTHING_IN_OBJECT),
        ..there_and_back(
            "absent map of identities, there and back",
            "out.managedServiceIdentity.userAssignedIdentities",
            None,
            "what is absent stays absent where no request is involved",
        )
    },
];

const fn there_and_back(
    name: &'static str,
    leaf: &'static str,
    reference: Option<&'static str>,
    reason: &'static str,
) -> Rule {
    Rule {
        operations: &["toExternalThenToInternalOverEmpty"],
        reference,
        ..kept(name, &[], leaf, always, reason)
    }
}

fn always(_: &Case) -> bool {
    true
}

fn about_bucket(case: &Case) -> bool {
    case.get("/args/text").and_then(Value::as_str) == Some("{\"bucket\":1.5}")
}

fn sent_back(case: &Case) -> bool {
    matches!(
        case.get("/note").and_then(Value::as_str),
        Some("GET body patched back" | "GET body put back")
    )
}

fn whole_body_sent_back(case: &Case) -> bool {
    sent_back(case) && !sent_back_with_unknown_task(case)
}

fn sent_back_with_unknown_task(case: &Case) -> bool {
    let task = case.get("/in/properties/maintenanceTask").and_then(Value::as_str);
    sent_back(case) && task.is_some_and(|task| task.contains("MaintenanceTask-"))
}

fn changes_issue_date(case: &Case) -> bool {
    let registries = member(case, &["properties", "registryProfiles"]).and_then(Value::as_array);
    registries.is_some_and(|registries| registries.iter().any(|registry| registry.get("issueDate").is_some()))
}

fn was_duplicate(case: &Case) -> bool {
    let body = serde_json::json!({"properties": {"masterProfile": {"subnetId": "b"}}});
    case.get("/note").and_then(Value::as_str) == Some("raw body") && case.get("/in") == Some(&body)
}

fn half_character(case: &Case) -> bool {
    case.get("/args/rawBody")
        .and_then(Value::as_str)
        .is_some_and(|body| body.contains("\\ud800"))
}

fn crashed(case: &Case) -> bool {
    case.version != "admin" && case.get("/result/panic").is_some()
}

/// The member of the body with that path, names in any letter case.
fn member<'a>(case: &'a Case, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(case.get("/in")?, |value, name| {
        value
            .as_object()?
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

fn mentions(case: &Case, path: &[&str]) -> bool {
    member(case, path).is_some_and(|value| !value.is_null())
}

fn same_service_principal(case: &Case) -> bool {
    let put = case.op == "putMerge";
    ["clientId", "clientSecret"].iter().all(|name| {
        let stored = case
            .before
            .get(&format!("out.properties.servicePrincipalProfile.{name}"));
        match member(case, &["properties", "servicePrincipalProfile", name]) {
            // A PUT has to name the service principal; its secret it need not repeat.
            None | Some(Value::Null) => !put || *name == "clientSecret" || stored.is_none(),
            wished => wished == stored,
        }
    })
}

/// Whether the elements of a list in the body are those that are stored, as far as it names them.
fn same_names(case: &Case, list: &str) -> bool {
    let Some(Value::Array(elements)) = member(case, &["properties", list]) else {
        return true;
    };
    elements.iter().enumerate().all(|(index, element)| {
        let name = element
            .as_object()
            .and_then(|members| members.iter().find(|(name, _)| name.eq_ignore_ascii_case("name")));
        let stored = case.before.get(&format!("out.properties.{list}[{index}].name"));
        match name {
            // null takes the place of an element only where names match exactly.
            None => !(element.is_null() && case.version == "2025-07-25"),
            Some((_, name)) => name.is_null() || Some(name) == stored,
        }
    })
}

fn same_ingress_names(case: &Case) -> bool {
    same_names(case, "ingressProfiles")
}

fn same_worker_names(case: &Case) -> bool {
    // Where machine sets were found, those are what the version shows and the body is laid over.
    let name = |list: &str| case.before.get(&format!("out.properties.{list}[0].name"));
    let found = name("workerProfilesStatus");
    same_names(case, "workerProfiles")
        && (case.op == "putMerge"
            || member(case, &["properties", "workerProfiles"]).is_none()
            || found.is_none()
            || found == name("workerProfiles"))
}

fn no_status(case: &Case) -> bool {
    !mentions(case, &["properties", "workerProfilesStatus"])
}

fn no_workers(case: &Case) -> bool {
    member(case, &["properties", "workerProfiles"]).is_none()
}

fn has_load_balancer(case: &Case) -> bool {
    case.before
        .keys()
        .any(|path| path.starts_with("out.properties.networkProfile.loadBalancerProfile"))
}

fn names_identities(case: &Case) -> bool {
    mentions(case, &["identity", "userAssignedIdentities"])
}

fn no_identities(case: &Case) -> bool {
    member(case, &["identity", "userAssignedIdentities"]).is_none()
        && case
            .before
            .keys()
            .any(|path| path.starts_with("out.managedServiceIdentity"))
}

fn changes_operator_identity(case: &Case) -> bool {
    let path = [
        "properties",
        "platformWorkloadIdentityProfile",
        "platformWorkloadIdentities",
        "ingress",
    ];
    member(case, &path).is_some() && !sent_back(case)
}

/// Whether the recorded outcome, which lists what has changed, has another identity of the operator.
fn replaces_operator_identity(case: &Case) -> bool {
    const IDENTITY: &str = "properties.platformWorkloadIdentityProfile.platformWorkloadIdentities.ingress";
    let changed = |path: &str| case.value["out"].get(path).is_some();
    changed(IDENTITY) || changed(&format!("{IDENTITY}.resourceId"))
}

/// Whether the body names no identity that is not there, and takes none away.
fn same_identity_keys(case: &Case) -> bool {
    match member(case, &["identity", "userAssignedIdentities"]) {
        None => true,
        Some(Value::Object(named)) => named.keys().all(|key| {
            let leaves = [
                format!("out.managedServiceIdentity.userAssignedIdentities.{key}"),
                format!("out.managedServiceIdentity.userAssignedIdentities['{key}']"),
            ];
            case.before
                .keys()
                .any(|path| leaves.iter().any(|leaf| path.starts_with(leaf)))
        }),
        Some(_) => case.version == "2025-07-25",
    }
}
