//! Object metadata: names, labels, finalizers, owners, and what an update may change.

use serde_json::{Map, Value};

use crate::registry::Resource;
use crate::schema::CauseReason;
use crate::status::Cause;

const QUALIFIED: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                         alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation \
                         is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
                           and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or \
                           '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                         and must start and end with an alphanumeric character (e.g. 'example.com', regex used for \
                         validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                     start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for \
                     validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
/// All annotations of an object together, bytes.
const MAX_ANNOTATIONS: usize = 256 * 1024;

fn is_dns_label(text: &str) -> bool {
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    match text.as_bytes() {
        [] => false,
        [one] => inner(*one),
        [first, middle @ .., last] => inner(*first) && inner(*last) && middle.iter().all(|c| inner(*c) || *c == b'-'),
    }
}

fn is_name_part(text: &str) -> bool {
    match text.as_bytes() {
        [] => false,
        [one] => one.is_ascii_alphanumeric(),
        [first, middle @ .., last] => {
            first.is_ascii_alphanumeric()
                && last.is_ascii_alphanumeric()
                && middle.iter().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(c))
        }
    }
}

/// What is wrong with a DNS subdomain.
pub(crate) fn subdomain(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if text.len() > 253 {
        faults.push("must be no more than 253 characters".to_owned());
    }
    if !text.split('.').all(is_dns_label) {
        faults.push(SUBDOMAIN.to_owned());
    }
    faults
}

/// What is wrong with a DNS label.
pub(crate) fn dns_label(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if text.len() > 63 {
        faults.push("must be no more than 63 characters".to_owned());
    }
    if !is_dns_label(text) {
        // What would be a subdomain has dots where a label may not.
        let dotted = text.len() <= 253 && text.split('.').all(is_dns_label);
        faults.push(if dotted { "must not contain dots" } else { LABEL }.to_owned());
    }
    faults
}

/// What is wrong with the name of a service. It became a host name, and may start with a digit since.
pub(crate) fn service_name(text: &str) -> Vec<String> {
    dns_label(text)
}

/// What is wrong with a name that is a path segment.
fn path_segment(text: &str) -> Vec<String> {
    if text == "." || text == ".." {
        return vec![format!("may not be '{text}'")];
    }
    ['/', '%']
        .into_iter()
        .filter(|c| text.contains(*c))
        .map(|c| format!("may not contain '{c}'"))
        .collect()
}

/// What is wrong with a qualified name (`example.com/name`), as label and annotation keys are.
pub(crate) fn qualified_name(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let name = match text.split('/').collect::<Vec<_>>().as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                faults.push("prefix part must be non-empty".to_owned());
            } else {
                faults.extend(subdomain(prefix).into_iter().map(|why| format!("prefix part {why}")));
            }
            *name
        }
        _ => {
            return vec![format!(
                "a qualified name {QUALIFIED} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        faults.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        faults.push("name part must be no more than 63 bytes".to_owned());
    }
    if !is_name_part(name) {
        faults.push(format!("name part {QUALIFIED}"));
    }
    faults
}

pub(crate) fn label_value(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if text.len() > 63 {
        faults.push("must be no more than 63 bytes".to_owned());
    }
    if !text.is_empty() && !is_name_part(text) {
        faults.push(LABEL_VALUE.to_owned());
    }
    faults
}

/// What is wrong with the name of an object.
pub(crate) fn object_name(resource: &Resource, name: &str) -> Vec<String> {
    match (resource.group.as_ref(), resource.plural.as_ref()) {
        ("", "namespaces") => dns_label(name),
        ("", "services") => service_name(name),
        ("rbac.authorization.k8s.io", _) => path_segment(name),
        _ => subdomain(name),
    }
}

pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object
        .get("metadata")
        .and_then(|metadata| metadata.get(field))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

pub(crate) fn name(object: &Value) -> &str {
    text(object, "name")
}

pub(crate) fn namespace(object: &Value) -> &str {
    text(object, "namespace")
}

pub(crate) fn uid(object: &Value) -> &str {
    text(object, "uid")
}

pub(crate) fn resource_version(object: &Value) -> &str {
    text(object, "resourceVersion")
}

pub(crate) fn is_deleting(object: &Value) -> bool {
    !text(object, "deletionTimestamp").is_empty()
}

pub(crate) fn finalizers(object: &Value) -> Vec<&str> {
    object
        .pointer("/metadata/finalizers")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

pub(crate) fn generation(object: &Value) -> i64 {
    object
        .pointer("/metadata/generation")
        .and_then(Value::as_i64)
        .unwrap_or_default()
}

/// The metadata of an object, made when absent.
pub(crate) fn metadata(object: &mut Value) -> &mut Map<String, Value> {
    if !object.is_object() {
        *object = Value::Object(Map::new());
    }
    let Value::Object(members) = object else {
        unreachable!("made an object above")
    };
    let metadata = members.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    if !metadata.is_object() {
        *metadata = Value::Object(Map::new());
    }
    match metadata {
        Value::Object(metadata) => metadata,
        _ => unreachable!("made an object above"),
    }
}

pub(crate) fn set(object: &mut Value, field: &str, value: impl Into<Value>) {
    metadata(object).insert(field.to_owned(), value.into());
}

pub(crate) fn remove(object: &mut Value, field: &str) {
    metadata(object).remove(field);
}

pub(crate) fn set_finalizers(object: &mut Value, finalizers: Vec<String>) {
    if finalizers.is_empty() {
        remove(object, "finalizers");
    } else {
        set(object, "finalizers", finalizers);
    }
}

/// Removes what is empty from metadata: empty text, lists and maps are never sent.
pub(crate) fn tidy(object: &mut Value) {
    metadata(object).retain(|name, value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
        // A grace period of nothing is something.
        Value::Number(number) => name == "deletionGracePeriodSeconds" || number.as_i64() != Some(0),
        Value::Bool(_) => true,
    });
}

/// Faults of metadata that a create and an update are checked for.
pub(crate) fn validate(object: &Value, resource: &Resource) -> Vec<Cause> {
    let mut causes = Vec::new();
    let generate = text(object, "generateName");
    if !generate.is_empty() {
        // A trailing dash is fine: something follows.
        let stem = generate
            .strip_suffix('-')
            .map(|stem| format!("{stem}a"))
            .unwrap_or_else(|| generate.to_owned());
        for why in object_name(resource, &stem) {
            causes.push(Cause::invalid("metadata.generateName", &Value::from(generate), &why));
        }
    }
    if name(object).is_empty() {
        causes.push(Cause::required("metadata.name", "name or generateName is required"));
    } else {
        for why in object_name(resource, name(object)) {
            causes.push(Cause::invalid("metadata.name", &Value::from(name(object)), &why));
        }
    }
    if generation(object) < 0 {
        causes.push(Cause::invalid(
            "metadata.generation",
            &Value::from(generation(object)),
            "must be greater than or equal to 0",
        ));
    }
    causes.extend(validate_maps(object));
    causes.extend(validate_owners(object));
    causes.extend(validate_finalizers(object, resource));
    causes
}

fn validate_maps(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let map = |field: &str| {
        object
            .get("metadata")
            .and_then(|metadata| metadata.get(field))
            .and_then(Value::as_object)
    };
    for (key, value) in map("labels").into_iter().flatten() {
        for why in qualified_name(key) {
            causes.push(Cause::invalid("metadata.labels", &Value::from(key.as_str()), &why));
        }
        for why in label_value(value.as_str().unwrap_or_default()) {
            causes.push(Cause::invalid("metadata.labels", value, &why));
        }
    }
    let mut bytes = 0;
    for (key, value) in map("annotations").into_iter().flatten() {
        bytes += key.len() + value.as_str().map_or(0, str::len);
        for why in qualified_name(&key.to_lowercase()) {
            causes.push(Cause::invalid("metadata.annotations", &Value::from(key.as_str()), &why));
        }
    }
    if bytes > MAX_ANNOTATIONS {
        causes.push(Cause::too_long("metadata.annotations", MAX_ANNOTATIONS));
    }
    causes
}

/// Finalizers that need no domain.
const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// Names of finalizers of a custom resource that others might take too.
pub(crate) fn finalizer_warnings(object: &Value, resource: &Resource) -> Vec<String> {
    if !resource.is_custom() {
        return Vec::new();
    }
    finalizers(object)
        .into_iter()
        .filter(|name| !name.contains('/') && !STANDARD_FINALIZERS.contains(name))
        .map(|name| {
            format!(
                "metadata.finalizers: \"{name}\": prefer a domain-qualified finalizer name to avoid accidental conflicts with \
                 other finalizer writers"
            )
        })
        .collect()
}

fn validate_finalizers(object: &Value, resource: &Resource) -> Vec<Cause> {
    let mut causes = Vec::new();
    let finalizers = finalizers(object);
    for (index, finalizer) in finalizers.iter().enumerate() {
        let field = format!("metadata.finalizers[{index}]");
        let faults = qualified_name(finalizer);
        for why in &faults {
            causes.push(Cause::invalid(field.clone(), &Value::from(*finalizer), why));
        }
        if faults.is_empty()
            && !resource.is_custom()
            && !finalizer.contains('/')
            && !STANDARD_FINALIZERS.contains(finalizer)
        {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            causes.push(Cause::invalid(field, &Value::from(*finalizer), why));
        }
    }
    if finalizers.contains(&"orphan") && finalizers.contains(&"foregroundDeletion") {
        let why = "finalizers orphan and foregroundDeletion cannot be both set";
        causes.push(Cause::invalid("metadata.finalizers", &Value::from(finalizers), why));
    }
    causes
}

fn validate_owners(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let mut controller: Option<String> = None;
    for (index, owner) in owners.into_iter().flatten().enumerate() {
        for (field, why) in [
            ("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"),
            ("name", "must not be empty"),
            ("uid", "must not be empty"),
        ] {
            if owner[field].as_str().unwrap_or_default().is_empty() {
                let path = format!("metadata.ownerReferences[{index}].{field}");
                causes.push(Cause::invalid(path, &Value::from(""), why));
            }
        }
        if owner["controller"] == true {
            let this = format!(
                "{}/{}",
                owner["kind"].as_str().unwrap_or_default(),
                owner["name"].as_str().unwrap_or_default()
            );
            match &controller {
                None => controller = Some(this),
                Some(first) => {
                    let why = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} and \
                         {this}"
                    );
                    let shown = format!(
                        "Invalid value: {}: {why}",
                        owners.map(|owners| owners_text(owners)).unwrap_or_default()
                    );
                    causes.push(Cause::new(CauseReason::Invalid, "metadata.ownerReferences", shown));
                }
            }
        }
    }
    causes
}

/// Owner references as JSON in the order of the API's fields.
fn owners_text(owners: &[Value]) -> String {
    const ORDER: [&str; 6] = ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"];
    let entries: Vec<String> = owners
        .iter()
        .map(|owner| {
            let members: Vec<String> = ORDER
                .iter()
                .filter_map(|field| owner.get(field).map(|value| format!("\"{field}\":{value}")))
                .collect();
            format!("{{{}}}", members.join(","))
        })
        .collect();
    format!("[{}]", entries.join(","))
}

/// Fills what an update leaves out and takes back what it may not say.
pub(crate) fn before_update(object: &mut Value, current: &Value) {
    let fields = [
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "namespace",
        "generateName",
    ];
    let old = current.get("metadata");
    let own = metadata(object);
    for field in fields {
        let missing = own.get(field).is_none_or(|value| value.is_null() || *value == "");
        if let Some(value) = old.and_then(|old| old.get(field))
            && (missing || field == "creationTimestamp")
        {
            own.insert(field.to_owned(), value.clone());
        }
    }
    match old.and_then(|old| old.get("generation")) {
        Some(generation) => own.insert("generation".to_owned(), generation.clone()),
        None => own.remove("generation"),
    };
}

/// Faults of an update of metadata.
pub(crate) fn validate_update(object: &Value, current: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let old_finalizers = finalizers(current);
    if is_deleting(current) {
        let added: Vec<String> = finalizers(object)
            .into_iter()
            .filter(|finalizer| !old_finalizers.contains(finalizer))
            .map(|finalizer| format!("\"{finalizer}\""))
            .collect();
        if !added.is_empty() {
            let why = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                added.join(", ")
            );
            causes.push(Cause::forbidden("metadata.finalizers", &why));
        }
    }
    for field in [
        "name",
        "namespace",
        "uid",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        let value = |object: &Value| {
            object
                .get("metadata")
                .and_then(|metadata| metadata.get(field))
                .cloned()
                .unwrap_or_default()
        };
        let (new, old) = (value(object), value(current));
        if new != old {
            causes.push(Cause::invalid(format!("metadata.{field}"), &new, "field is immutable"));
        }
    }
    causes
}

/// Both at once: maps, owners and finalizers are checked again, names are not.
pub(crate) fn validate_content(object: &Value, resource: &Resource) -> Vec<Cause> {
    let mut causes = validate_maps(object);
    causes.extend(validate_owners(object));
    causes.extend(validate_finalizers(object, resource));
    causes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(subdomain("a.b-c").is_empty());
        for bad in ["", "A", "-a", "a-", "a..b", "a_b"] {
            assert_eq!(subdomain(bad), [SUBDOMAIN], "{bad}");
        }
        assert_eq!(subdomain(&"a".repeat(254)), ["must be no more than 253 characters"]);
        assert!(qualified_name("example.com/a_b.c").is_empty());
        assert_eq!(qualified_name("bad label!").len(), 1);
        assert_eq!(path_segment("a/b"), ["may not contain '/'"]);
    }

    #[test]
    fn a_deleting_object_takes_no_new_finalizer() {
        let current = json!({"metadata": {"name": "a", "deletionTimestamp": "x", "finalizers": ["e.x/a"]}});
        let mut new = json!({"metadata": {"name": "a", "finalizers": ["e.x/a", "e.x/b"]}});
        before_update(&mut new, &current);
        let causes = validate_update(&new, &current);
        assert_eq!(causes.len(), 1);
        assert!(causes[0].message.ends_with("found new finalizers []string{\"e.x/b\"}"));
    }
}
