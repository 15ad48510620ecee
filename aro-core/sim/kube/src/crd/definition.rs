//! Faults of definitions themselves.

use std::fmt::Write as _;

use serde_json::Value;

use super::check;
use super::schema::Schema;
use crate::schema::{Cause, CauseReason};

/// Groups of which only Kubernetes itself defines kinds.
const PROTECTED: [&str; 2] = ["k8s.io", "kubernetes.io"];

/// The annotation that allows a definition in a protected group.
const APPROVED: &str = "api-approved.kubernetes.io";

/// Faults of a new definition. Its status is filled in.
pub fn validate_create(definition: &Value) -> Vec<Cause> {
    let mut faults = Vec::new();
    let spec = &definition["spec"];
    let name = text(&definition["metadata"], "name");
    let wanted = format!("{}.{}", text(&spec["names"], "plural"), text(spec, "group"));
    if name != wanted {
        faults.push(Cause::invalid(
            "metadata.name",
            &name.into(),
            "must be spec.names.plural+\".\"+spec.group",
        ));
    }
    validate_spec(spec, &mut faults);
    stored_versions(definition, &mut faults);
    approval(definition, &mut faults);
    faults
}

/// Faults of a changed definition.
pub fn validate_update(definition: &Value, current: &Value) -> Vec<Cause> {
    let mut faults = Vec::new();
    let (spec, was) = (&definition["spec"], &current["spec"]);
    validate_spec(spec, &mut faults);
    let mut fixed = |pointer: &str, field: &str| {
        let (new, old) = (spec.pointer(pointer), was.pointer(pointer));
        if new != old {
            faults.push(Cause::invalid(field, new.unwrap_or(&Value::Null), "field is immutable"));
        }
    };
    fixed("/group", "spec.group");
    fixed("/scope", "spec.scope");
    let established = current
        .pointer("/status/conditions")
        .and_then(Value::as_array)
        .is_some_and(|conditions| {
            conditions
                .iter()
                .any(|one| text(one, "type") == "Established" && text(one, "status") == "True")
        });
    if established {
        fixed("/names/plural", "spec.names.plural");
        fixed("/names/kind", "spec.names.kind");
    }
    stored_versions(definition, &mut faults);
    approval(definition, &mut faults);
    faults
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn validate_spec(spec: &Value, faults: &mut Vec<Cause>) {
    let group = text(spec, "group");
    if group.is_empty() {
        faults.push(Cause::required("spec.group", ""));
    } else if !group.split('.').all(is_label) {
        faults.push(Cause::invalid("spec.group", &group.into(), NO_SUBDOMAIN));
    } else if !group.contains('.') {
        faults.push(Cause::invalid(
            "spec.group",
            &group.into(),
            "should be a domain with at least one dot",
        ));
    }
    match text(spec, "scope") {
        "" => faults.push(Cause::required("spec.scope", "")),
        "Cluster" | "Namespaced" => {}
        other => faults.push(Cause::not_supported(
            "spec.scope",
            &other.into(),
            &["Cluster", "Namespaced"],
        )),
    }
    let versions = list(spec, "versions");
    if spec.get("preserveUnknownFields") == Some(&Value::Bool(true)) {
        faults.push(Cause::invalid(
            "spec.preserveUnknownFields",
            &Value::Bool(true),
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
        ));
    }
    version_set(versions, faults);
    names(&spec["names"], faults);
    // One schema for all versions is told as the definition's.
    let same = versions
        .windows(2)
        .all(|pair| pair[0].get("schema") == pair[1].get("schema"));
    for (index, version) in versions.iter().enumerate() {
        let own = format!("spec.versions[{index}].schema.openAPIV3Schema");
        let at = if same {
            "spec.validation.openAPIV3Schema".to_owned()
        } else {
            own.clone()
        };
        match version.pointer("/schema/openAPIV3Schema") {
            None | Some(Value::Null) => faults.push(Cause::required(own, "")),
            Some(schema) if !same || index == 0 => structural(schema, &at, faults),
            Some(_) => {}
        }
        subresources(version, &format!("spec.versions[{index}]"), faults);
    }
}

fn version_set(versions: &[Value], faults: &mut Vec<Cause>) {
    let told = || {
        if versions.is_empty() {
            return "null".to_owned();
        }
        let mut told = String::from("[");
        for (index, version) in versions.iter().enumerate() {
            // What the server keeps of a version inside, under the names it has there; writing to text cannot fail.
            let flag = |name: &str| version.get(name) == Some(&Value::Bool(true));
            let _ = write!(
                told,
                "{}{{\"Name\":{},\"Served\":{},\"Storage\":{},\"Deprecated\":{},\"DeprecationWarning\":{},\"Schema\":null,\
                 \"Subresources\":null,\"AdditionalPrinterColumns\":null,\"SelectableFields\":null}}",
                if index > 0 { "," } else { "" },
                version["name"],
                flag("served"),
                flag("storage"),
                flag("deprecated"),
                version["deprecationWarning"],
            );
        }
        told.push(']');
        told
    };
    let mut seen = Vec::new();
    let mut unique = true;
    for (index, version) in versions.iter().enumerate() {
        let name = text(version, "name");
        unique &= !seen.contains(&name);
        seen.push(name);
        if !is_label_1035(name) {
            faults.push(Cause::invalid(
                format!("spec.versions[{index}].name"),
                &name.into(),
                NO_LABEL_1035,
            ));
        }
    }
    if !unique {
        faults.push(Cause::invalid_text(
            "spec.versions",
            &told(),
            "must contain unique version names",
        ));
    }
    let stored = versions
        .iter()
        .filter(|version| version.get("storage") == Some(&Value::Bool(true)))
        .count();
    if stored != 1 {
        faults.push(Cause::invalid_text(
            "spec.versions",
            &told(),
            "must have exactly one version marked as storage version",
        ));
    }
}

pub(super) const NO_LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
                             alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or \
                             'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

const NO_SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                            and must start and end with an alphanumeric character (e.g. 'example.com', regex used for \
                            validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

fn is_label(text: &str) -> bool {
    crate::schema::validation::is_label(text)
}

fn is_label_1035(text: &str) -> bool {
    is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

fn names(names: &Value, faults: &mut Vec<Cause>) {
    for name in ["plural", "singular", "kind", "listKind"] {
        let (value, field) = (text(names, name), format!("spec.names.{name}"));
        let cased = matches!(name, "kind" | "listKind");
        if value.is_empty() {
            faults.push(Cause::required(field, ""));
        } else if cased && !is_label_1035(&value.to_lowercase()) {
            let why = format!("may have mixed case, but should otherwise match: {NO_LABEL_1035}");
            faults.push(Cause::invalid(field, &value.into(), &why));
        } else if !cased && !is_label_1035(value) {
            faults.push(Cause::invalid(field, &value.into(), NO_LABEL_1035));
        }
    }
    for (index, name) in list(names, "shortNames").iter().enumerate() {
        if !name.as_str().is_some_and(is_label_1035) {
            faults.push(Cause::invalid(
                format!("spec.names.shortNames[{index}]"),
                name,
                NO_LABEL_1035,
            ));
        }
    }
    let kind = text(names, "kind");
    if !kind.is_empty() && kind == text(names, "listKind") {
        faults.push(Cause::invalid(
            "spec.names.listKind",
            &kind.into(),
            "kind and listKind may not be the same",
        ));
    }
}

fn stored_versions(definition: &Value, faults: &mut Vec<Cause>) {
    let stored = definition.pointer("/status/storedVersions").unwrap_or(&Value::Null);
    let versions = list(&definition["spec"], "versions");
    let names: Vec<&str> = stored
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if names.is_empty() {
        faults.push(Cause::invalid(
            "status.storedVersions",
            stored,
            "must have at least one stored version",
        ));
        return;
    }
    let storage: Vec<&str> = versions
        .iter()
        .filter(|version| version.get("storage") == Some(&Value::Bool(true)))
        .map(|version| text(version, "name"))
        .collect();
    let ambiguous = storage.len() > 1;
    if let Some(missing) = storage.iter().find(|name| ambiguous || !names.contains(*name)) {
        faults.push(Cause::invalid(
            "status.storedVersions",
            stored,
            &format!("must have the storage version {missing}"),
        ));
    }
    for (index, name) in names.iter().enumerate() {
        if !versions.iter().any(|version| text(version, "name") == *name) {
            faults.push(Cause::invalid(
                format!("status.storedVersions[{index}]"),
                &(*name).into(),
                "missing from spec.versions; a storage version cannot be removed until all objects are migrated",
            ));
        }
    }
}

fn approval(definition: &Value, faults: &mut Vec<Cause>) {
    let group = text(&definition["spec"], "group");
    let protected = PROTECTED
        .iter()
        .any(|protected| group == *protected || group.ends_with(&format!(".{protected}")));
    let approved = definition
        .pointer("/metadata/annotations")
        .map(|all| text(all, APPROVED))
        .unwrap_or_default();
    if protected && approved.is_empty() {
        faults.push(Cause::required(
            format!("metadata.annotations[{APPROVED}]"),
            &format!(
                "protected groups must have approval annotation {APPROVED:?}, see \
                 https://github.com/kubernetes/enhancements/pull/1111"
            ),
        ));
    }
}

fn subresources(version: &Value, at: &str, faults: &mut Vec<Cause>) {
    if let Some(scale) = version.pointer("/subresources/scale").filter(|scale| scale.is_object()) {
        for (name, root) in [("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")] {
            let path = text(scale, name);
            let field = format!("{at}.subresources.scale.{name}");
            if path.is_empty() {
                faults.push(Cause::required(field, ""));
            } else if !path.starts_with(root) {
                let why = format!("should be a json path under {}", root.trim_end_matches('.'));
                faults.push(Cause::invalid(field, &path.into(), &why));
            }
        }
    }
    for (index, column) in list(version, "additionalPrinterColumns").iter().enumerate() {
        let field = |name: &str| format!("{at}.additionalPrinterColumns[{index}].{name}");
        if text(column, "name").is_empty() {
            faults.push(Cause::required(field("name"), ""));
        }
        let kind = text(column, "type");
        if !["boolean", "date", "integer", "number", "string"].contains(&kind) {
            faults.push(Cause::invalid(
                field("type"),
                &kind.into(),
                "must be one of boolean,date,integer,number,string",
            ));
        }
        let path = text(column, "jsonPath");
        if path.is_empty() {
            faults.push(Cause::required(field("jsonPath"), ""));
        } else if !path.starts_with('.') {
            faults.push(Cause::invalid(
                field("jsonPath"),
                &path.into(),
                "must be a simple json path starting with .",
            ));
        }
    }
}

/// Faults of a schema: every node has a type, lists say what they hold, defaults fit, rules compile.
fn structural(schema: &Value, at: &str, faults: &mut Vec<Cause>) {
    if text(schema, "type") != "object" && !schema.as_object().is_some_and(serde_json::Map::is_empty) {
        let kind = text(schema, "type");
        if kind.is_empty() {
            faults.push(Cause::required(format!("{at}.type"), "must not be empty at the root"));
        } else {
            faults.push(Cause::invalid(
                format!("{at}.type"),
                &kind.into(),
                "must be object at the root",
            ));
        }
    }
    node(schema, at, true, faults);
}

fn node(schema: &Value, at: &str, root: bool, faults: &mut Vec<Cause>) {
    for (name, inner) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        node(inner, &format!("{at}.properties[{name}]"), false, faults);
    }
    for (name, place) in [("items", "items"), ("additionalProperties", "additionalProperties")] {
        if let Some(inner) = schema.get(name).filter(|inner| inner.is_object()) {
            node(inner, &format!("{at}.{place}"), false, faults);
        }
    }
    let is = |name: &str| schema.get(name) == Some(&Value::Bool(true));
    let kind = text(schema, "type");
    let free = is("x-kubernetes-int-or-string") || is("x-kubernetes-preserve-unknown-fields");
    if kind.is_empty() && !root && !free {
        let what = if at.ends_with("items") {
            "array items"
        } else {
            "object fields"
        };
        let why = format!("must not be empty for specified {what}");
        faults.push(Cause::required(format!("{at}.type"), &why));
    }
    if kind == "array" && schema.get("items").is_none_or(Value::is_null) {
        faults.push(Cause::required(format!("{at}.items"), "must be specified"));
    }
    if is("x-kubernetes-embedded-resource") && kind != "object" {
        faults.push(Cause::invalid(
            format!("{at}.type"),
            &kind.into(),
            "must be object if x-kubernetes-embedded-resource is true",
        ));
    }
    keyed(schema, at, faults);
    if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
        let compiled = Schema::parse(schema);
        for fault in check::value(&compiled, default, None, "", "") {
            let field = match fault.field.as_str() {
                "<nil>" => format!("{at}.default"),
                below => format!("{at}.default.{below}"),
            };
            faults.push(Cause { field, ..fault });
        }
    }
    for (index, rule) in list(schema, "x-kubernetes-validations").iter().enumerate() {
        rule_compiles(rule, &format!("{at}.x-kubernetes-validations[{index}]"), faults);
    }
}

fn keyed(schema: &Value, at: &str, faults: &mut Vec<Cause>) {
    let list_type = text(schema, "x-kubernetes-list-type");
    let keys = list(schema, "x-kubernetes-list-map-keys");
    if !list_type.is_empty() && !["atomic", "set", "map"].contains(&list_type) {
        faults.push(Cause::not_supported(
            format!("{at}.x-kubernetes-list-type"),
            &list_type.into(),
            &["atomic", "map", "set"],
        ));
    }
    if list_type == "map" && keys.is_empty() {
        faults.push(Cause::required(
            format!("{at}.x-kubernetes-list-map-keys"),
            "must not be empty if x-kubernetes-list-type is map",
        ));
    }
    if list_type != "map" && !keys.is_empty() {
        faults.push(Cause::new(
            CauseReason::Invalid,
            format!("{at}.x-kubernetes-list-type"),
            format!(
                "Invalid value: {}: must be map if x-kubernetes-list-map-keys is non-empty",
                if list_type.is_empty() {
                    Value::Null
                } else {
                    list_type.into()
                }
            ),
        ));
    }
    let items = &schema["items"];
    for key in keys.iter().filter_map(Value::as_str) {
        let property = items.pointer(&format!("/properties/{key}"));
        let required = list(items, "required").iter().any(|name| name == key);
        let defaulted = property.is_some_and(|property| property.get("default").is_some());
        if property.is_some() && !required && !defaulted {
            faults.push(Cause::required(
                format!("{at}.items.properties[{key}].default"),
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
            ));
        }
    }
}

fn rule_compiles(rule: &Value, at: &str, faults: &mut Vec<Cause>) {
    let source = text(rule, "rule");
    if source.trim().is_empty() {
        faults.push(Cause::required(format!("{at}.rule"), "rule is not specified"));
        return;
    }
    let Err(error) = super::rules::compile(source) else {
        return;
    };
    let told = format!(
        "{{\"Rule\":{},\"Message\":{},\"MessageExpression\":{},\"Reason\":{},\"FieldPath\":{},\"OptionalOldSelf\":{}}}",
        Value::from(source),
        Value::from(text(rule, "message")),
        Value::from(text(rule, "messageExpression")),
        rule["reason"],
        Value::from(text(rule, "fieldPath")),
        rule["optionalOldSelf"],
    );
    // The server sets the excerpt one place further in.
    let error = error.to_string().replace("\n|", "\n |");
    faults.push(Cause::invalid_text(
        format!("{at}.rule"),
        &told,
        &format!("compilation failed: {error}"),
    ));
}
