//! Laws of patches and of ownership, on arbitrary documents.

#![allow(clippy::unwrap_used)]

use aro_sim_kube::managed_fields::{self, Writer};
use aro_sim_kube::{crd, patch};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A definition with every kind of list and map.
fn version() -> crd::Version {
    let text = json!({ "type": "string" });
    crd::Version::parse(&json!({
        "name": "v1", "served": true, "storage": true,
        "schema": { "openAPIV3Schema": { "type": "object", "properties": { "spec": { "type": "object", "properties": {
            "a": text, "b": text,
            "map": { "type": "object", "additionalProperties": text },
            "whole": { "type": "object", "additionalProperties": text, "x-kubernetes-map-type": "atomic" },
            "set": { "type": "array", "items": text, "x-kubernetes-list-type": "set" },
            "list": { "type": "array", "items": text },
            "items": {
                "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                "items": { "type": "object", "properties": { "name": text, "x": text, "y": text } },
            },
            "free": { "type": "object", "x-kubernetes-preserve-unknown-fields": true },
        } } } } },
    }))
}

fn word() -> impl Strategy<Value = Value> {
    prop::sample::select(vec!["p", "q", "r"]).prop_map(Value::from)
}

fn map() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[xyz]", word(), 0..3).prop_map(|map| json!(map))
}

fn item() -> impl Strategy<Value = Value> {
    (prop::option::of(word()), prop::option::of(word())).prop_map(|(x, y)| {
        let mut item = json!({});
        for (name, value) in [("x", x), ("y", y)] {
            if let Some(value) = value {
                item[name] = value;
            }
        }
        item
    })
}

prop_compose! {
    fn spec()(
        a in prop::option::of(word()),
        b in prop::option::of(word()),
        map_member in prop::option::of(map()),
        whole in prop::option::of(map()),
        set in prop::option::of(prop::collection::btree_set("[uvw]", 0..3)),
        list in prop::option::of(prop::collection::vec(word(), 0..3)),
        items in prop::option::of(prop::collection::btree_map("[mno]", item(), 0..3)),
        free in prop::option::of(map()),
    ) -> Value {
        let mut spec = json!({});
        let items = items.map(|items| {
            items.into_iter().map(|(name, mut item)| { item["name"] = json!(name); item }).collect::<Vec<_>>()
        });
        for (name, value) in [
            ("a", a), ("b", b), ("map", map_member), ("whole", whole), ("set", set.map(|set| json!(set))),
            ("list", list.map(|list| json!(list))), ("items", items.map(|items| json!(items))), ("free", free),
        ] {
            if let Some(value) = value {
                spec[name] = value;
            }
        }
        spec
    }
}

fn object(spec: &Value) -> Value {
    json!({ "apiVersion": "e.example/v1", "kind": "E", "metadata": { "name": "e" }, "spec": spec })
}

struct World {
    version: crd::Version,
}

impl World {
    fn writer<'a>(
        &'a self,
        manager: &'a str,
        types: &'a dyn Fn(&str) -> Option<aro_sim_kube::schema::Type>,
    ) -> Writer<'a> {
        Writer {
            manager,
            api_version: "e.example/v1",
            subresource: "",
            time: "2020-01-01T00:00:00Z",
            ty: self.version.ty(),
            types,
            dropped: &[],
        }
    }

    fn created(&self, manager: &str, spec: &Value) -> Value {
        let mut stored = object(spec);
        managed_fields::update(&json!({}), &mut stored, &self.writer(manager, &|_| None));
        stored["metadata"]["uid"] = json!("1");
        stored
    }

    fn updated(&self, manager: &str, stored: &Value, spec: &Value) -> Value {
        let mut after = stored.clone();
        after["spec"] = spec.clone();
        managed_fields::update(stored, &mut after, &self.writer(manager, &|_| None));
        after
    }

    fn applied(&self, manager: &str, stored: &Value, spec: &Value, force: bool) -> Option<Value> {
        let mut applied = managed_fields::apply(stored, &object(spec), &self.writer(manager, &|_| None), force).ok()?;
        applied.object["metadata"]["uid"] = json!("1");
        Some(applied.object)
    }
}

/// Every path that anybody owns, with its owners' number, must lead to something in the document.
fn owned_exists(fields: &Value, value: &Value) -> Result<(), String> {
    for (step, below) in fields.as_object().into_iter().flatten() {
        let inner = match step.split_at(step.len().min(2)) {
            (".", _) => continue,
            ("f:", name) => value.get(name),
            ("k:", keys) => {
                let keys: Value = serde_json::from_str(keys).unwrap();
                value
                    .as_array()
                    .and_then(|items| items.iter().find(|item| item["name"] == keys["name"]))
            }
            ("v:", wanted) => {
                let wanted: Value = serde_json::from_str(wanted).unwrap();
                value
                    .as_array()
                    .and_then(|items| items.iter().find(|item| **item == wanted))
            }
            _ => None,
        };
        let inner = inner.ok_or_else(|| format!("{step} is owned and absent in {value}"))?;
        owned_exists(below, inner)?;
    }
    Ok(())
}

fn all_owned_exist(stored: &Value) -> Result<(), TestCaseError> {
    for entry in stored["metadata"]["managedFields"].as_array().into_iter().flatten() {
        owned_exists(&entry["fieldsV1"], stored).map_err(TestCaseError::fail)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn applying_twice_is_applying_once(first in spec(), second in spec()) {
        let world = World { version: version() };
        let stored = world.created("creator", &first);
        let once = world.applied("applier", &stored, &second, true).unwrap();
        let twice = world.applied("applier", &once, &second, false);
        prop_assert_eq!(Some(once), twice);
    }

    #[test]
    fn what_is_applied_is_there(first in spec(), second in spec()) {
        let world = World { version: version() };
        let stored = world.created("creator", &first);
        let after = world.applied("applier", &stored, &second, true).unwrap();
        for name in ["a", "b", "whole", "list"] {
            if let Some(value) = second.get(name) {
                prop_assert_eq!(&after["spec"][name], value);
            }
        }
        all_owned_exist(&after)?;
    }

    #[test]
    fn what_only_one_applied_leaves_with_it(first in spec(), second in spec()) {
        let world = World { version: version() };
        let stored = world.applied("one", &json!({}), &first, false).unwrap();
        let both = world.applied("two", &stored, &second, true).unwrap();
        let left = world.applied("two", &both, &json!({}), true).unwrap();
        for (name, value) in second.as_object().unwrap() {
            // An empty list of parts has no owner: the server leaves it, and so does this one.
            let unowned = matches!(name.as_str(), "set" | "items") && *value == json!([]);
            if first.get(name).is_none() && !unowned {
                prop_assert!(left["spec"].get(name).is_none(), "{} stays in {}", name, left);
            }
        }
    }

    #[test]
    fn owners_follow_updates(first in spec(), second in spec(), third in spec()) {
        let world = World { version: version() };
        let stored = world.created("one", &first);
        all_owned_exist(&stored)?;
        let stored = world.updated("two", &stored, &second);
        all_owned_exist(&stored)?;
        let stored = world.applied("three", &stored, &third, true).unwrap();
        all_owned_exist(&stored)?;
        let unchanged = world.updated("four", &stored, &stored["spec"].clone());
        prop_assert_eq!(unchanged, stored);
    }

    #[test]
    fn a_conflict_is_a_value_that_another_owns(first in spec(), second in spec()) {
        let world = World { version: version() };
        let stored = world.applied("one", &json!({}), &first, false).unwrap();
        let differs = ["a", "b", "whole", "list"].iter().any(|name| {
            matches!((first.get(name), second.get(name)), (Some(one), Some(other)) if one != other)
        });
        if differs {
            prop_assert!(world.applied("two", &stored, &second, false).is_none());
        }
    }

    #[test]
    fn a_merge_patch_twice_is_once(first in spec(), second in spec()) {
        let once = patch::merge(&first, &second);
        prop_assert_eq!(patch::merge(&once, &second), once);
    }

    #[test]
    fn a_strategic_merge_twice_is_once(first in spec(), second in spec()) {
        let world = World { version: version() };
        let once = patch::strategic(&object(&first), &object(&second), world.version.ty()).unwrap();
        prop_assert_eq!(patch::strategic(&once, &object(&second), world.version.ty()).unwrap(), once);
    }
}
