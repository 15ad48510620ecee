//! The structural schema of a version.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Map, Value};

use super::rules::Rule;
use crate::schema::{
    Field, List, ListKind, Member, Object, Ownership, Shape, Strategy, Type, Written, decode, object_meta,
};

/// A schema, compiled.
#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) kind: String,
    pub(super) properties: BTreeMap<String, Schema>,
    /// Schema of further members.
    pub(super) further: Option<Box<Schema>>,
    pub(super) items: Option<Box<Schema>>,
    pub(super) preserve: bool,
    pub(super) embedded: bool,
    pub(super) int_or_string: bool,
    pub(super) nullable: bool,
    pub(super) default: Option<Value>,
    pub(super) list: Option<ListKind>,
    pub(super) atomic: bool,
    pub(super) rules: Vec<Rule>,
    pub(super) limits: Limits,
    pub(super) all_of: Vec<Schema>,
    pub(super) any_of: Vec<Schema>,
    pub(super) one_of: Vec<Schema>,
    pub(super) not: Option<Box<Schema>>,
}

/// What values are limited to.
#[derive(Debug, Default)]
pub(super) struct Limits {
    pub(super) format: String,
    pub(super) choices: Vec<Value>,
    pub(super) minimum: Option<f64>,
    pub(super) exclusive_minimum: bool,
    pub(super) maximum: Option<f64>,
    pub(super) exclusive_maximum: bool,
    pub(super) multiple_of: Option<f64>,
    pub(super) min_length: Option<u64>,
    pub(super) max_length: Option<u64>,
    pub(super) pattern: Option<(String, Option<Regex>)>,
    pub(super) min_items: Option<u64>,
    pub(super) max_items: Option<u64>,
    pub(super) unique: bool,
    pub(super) min_properties: Option<u64>,
    pub(super) max_properties: Option<u64>,
    pub(super) required: Vec<String>,
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn flag(value: &Value, name: &str) -> bool {
    value.get(name) == Some(&Value::Bool(true))
}

fn texts(value: &Value, name: &str) -> Vec<String> {
    let list = value.get(name).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

impl Schema {
    /// Compiles a published schema.
    pub(super) fn parse(schema: &Value) -> Self {
        let many = |name: &str| -> Vec<Self> {
            schema
                .get(name)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(Self::parse)
                .collect()
        };
        let one = |name: &str| {
            schema
                .get(name)
                .filter(|inner| inner.is_object())
                .map(|inner| Box::new(Self::parse(inner)))
        };
        let further = match schema.get("additionalProperties") {
            Some(Value::Bool(true)) => Some(Box::new(Self {
                preserve: true,
                ..Self::default()
            })),
            _ => one("additionalProperties"),
        };
        let properties = schema.get("properties").and_then(Value::as_object);
        Self {
            kind: text(schema, "type"),
            properties: properties
                .into_iter()
                .flatten()
                .map(|(name, inner)| (name.clone(), Self::parse(inner)))
                .collect(),
            further,
            items: one("items"),
            preserve: flag(schema, "x-kubernetes-preserve-unknown-fields"),
            embedded: flag(schema, "x-kubernetes-embedded-resource"),
            int_or_string: flag(schema, "x-kubernetes-int-or-string"),
            nullable: flag(schema, "nullable"),
            default: schema.get("default").filter(|default| !default.is_null()).cloned(),
            list: match text(schema, "x-kubernetes-list-type").as_str() {
                "set" => Some(ListKind::Set),
                "map" => Some(ListKind::Map(texts(schema, "x-kubernetes-list-map-keys"))),
                "atomic" => Some(ListKind::Atomic),
                _ => None,
            },
            atomic: text(schema, "x-kubernetes-map-type") == "atomic",
            rules: Rule::compile(schema),
            limits: Limits::parse(schema),
            all_of: many("allOf"),
            any_of: many("anyOf"),
            one_of: many("oneOf"),
            not: one("not"),
        }
    }

    pub(super) fn property(&self, name: &str) -> Option<&Self> {
        self.properties.get(name)
    }

    /// The schema of a member, declared or further.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        self.properties.get(name).or(self.further.as_deref())
    }

    /// Whether any schema in it has rules.
    pub(super) fn has_rules(&self) -> bool {
        !self.rules.is_empty()
            || self.properties.values().any(Self::has_rules)
            || self.further.as_deref().is_some_and(Self::has_rules)
            || self.items.as_deref().is_some_and(Self::has_rules)
    }

    /// Fills in defaults below a value.
    pub(super) fn fill(&self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, schema) in &self.properties {
                    let Some(default) = &schema.default else { continue };
                    let missing = match members.get(name) {
                        None => true,
                        Some(Value::Null) => !schema.nullable,
                        Some(_) => false,
                    };
                    if missing {
                        members.insert(name.clone(), default.clone());
                    }
                }
                for (name, value) in members {
                    if let Some(schema) = self.member(name) {
                        schema.fill(value);
                    }
                }
            }
            Value::Array(items) => {
                if let Some(schema) = &self.items {
                    items.iter_mut().for_each(|item| schema.fill(item));
                }
            }
            _ => {}
        }
    }

    /// Removes unknown members of a resource: its own metadata is known otherwise.
    pub(super) fn prune_resource(&self, object: &mut Value, unknown: &mut Vec<String>) {
        if let Value::Object(members) = object {
            self.prune_members(members, &["apiVersion", "kind", "metadata"], "", unknown);
        }
    }

    fn prune(&self, value: &mut Value, path: &str, unknown: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                let known: &[&str] = if self.embedded {
                    &["apiVersion", "kind", "metadata"]
                } else {
                    &[]
                };
                if self.embedded {
                    embedded_meta(members, path, unknown);
                }
                self.prune_members(members, known, path, unknown);
            }
            Value::Array(items) => {
                if let Some(schema) = &self.items {
                    for (index, item) in items.iter_mut().enumerate() {
                        schema.prune(item, &format!("{path}[{index}]"), unknown);
                    }
                }
            }
            _ => {}
        }
    }

    fn prune_members(&self, members: &mut Map<String, Value>, known: &[&str], path: &str, unknown: &mut Vec<String>) {
        members.retain(|name, value| {
            if known.contains(&name.as_str()) {
                return true;
            }
            let dot = if path.is_empty() { "" } else { "." };
            match self.member(name) {
                Some(schema) => {
                    schema.prune(value, &format!("{path}{dot}{name}"), unknown);
                    true
                }
                None if self.preserve => true,
                None => {
                    unknown.push(format!("{path}{dot}{name}"));
                    false
                }
            }
        });
    }

    /// The type of a resource of this schema.
    pub(super) fn resource_type(&self) -> Type {
        let mut ty = self.ty();
        if !matches!(ty.shape, Shape::Object(_)) {
            ty = Type::new(Shape::Object(Object {
                rest: Some(Box::new(Type::new(Shape::Any))),
                ..Object::default()
            }));
        }
        if let Shape::Object(object) = &mut ty.shape {
            add_type_meta(object);
        }
        ty
    }

    fn ty(&self) -> Type {
        if self.int_or_string {
            return Type::new(Shape::IntOrString);
        }
        let shape = match self.kind.as_str() {
            "string" => Shape::String,
            "integer" => Shape::Integer(64),
            "number" => Shape::Number,
            "boolean" => Shape::Boolean,
            "array" => Shape::List(List {
                items: Box::new(self.items.as_deref().map_or_else(|| Type::new(Shape::Any), Self::ty)),
                kind: self.list.clone().unwrap_or(ListKind::Atomic),
            }),
            "object" => {
                let mut object = self.object();
                if self.embedded {
                    add_type_meta(&mut object);
                }
                Shape::Object(object)
            }
            _ => Shape::Any,
        };
        Type::new(shape)
    }

    fn object(&self) -> Object {
        let rest = match &self.further {
            Some(further) => Some(Box::new(further.ty())),
            None if self.preserve => Some(Box::new(Type::new(Shape::Any))),
            None => None,
        };
        Object {
            name: String::new(),
            members: self
                .properties
                .iter()
                .map(|(name, schema)| (name.clone(), schema.as_member()))
                .collect(),
            rest,
            ownership: self.atomic.then_some(Ownership::Atomic),
        }
    }

    fn as_member(&self) -> Member {
        let mut member = member(self.ty());
        member.key_default.clone_from(&self.default);
        member
    }
}

fn member(ty: Type) -> Member {
    Member {
        ty,
        order: 0,
        written: Written::Present,
        patch: Strategy::default(),
        key_default: None,
        field: Field::default(),
    }
}

fn add_type_meta(object: &mut Object) {
    for name in ["apiVersion", "kind"] {
        object.members.insert(name.to_owned(), member(Type::new(Shape::String)));
    }
    object.members.insert("metadata".to_owned(), member(object_meta()));
}

fn embedded_meta(members: &mut Map<String, Value>, path: &str, unknown: &mut Vec<String>) {
    let Some(meta) = members.get_mut("metadata") else {
        return;
    };
    if let Ok(decoded) = decode(&object_meta(), meta) {
        unknown.extend(decoded.unknown.iter().map(|field| format!("{path}.metadata.{field}")));
        *meta = decoded.value;
    }
}

impl Limits {
    fn parse(schema: &Value) -> Self {
        let number = |name: &str| schema.get(name).and_then(Value::as_f64);
        let count = |name: &str| schema.get(name).and_then(Value::as_u64);
        let pattern = text(schema, "pattern");
        Self {
            format: text(schema, "format"),
            choices: schema
                .get("enum")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default(),
            minimum: number("minimum"),
            exclusive_minimum: flag(schema, "exclusiveMinimum"),
            maximum: number("maximum"),
            exclusive_maximum: flag(schema, "exclusiveMaximum"),
            multiple_of: number("multipleOf"),
            min_length: count("minLength"),
            max_length: count("maxLength"),
            pattern: (!pattern.is_empty()).then(|| {
                let compiled = Regex::new(&pattern).ok();
                (pattern, compiled)
            }),
            min_items: count("minItems"),
            max_items: count("maxItems"),
            unique: flag(schema, "uniqueItems"),
            min_properties: count("minProperties"),
            max_properties: count("maxProperties"),
            required: texts(schema, "required"),
        }
    }
}
