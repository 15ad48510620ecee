//! Values against schemas, with the server's words.

use serde_json::Value;

use super::schema::{Limits, Schema};
use crate::schema::{Cause, CauseReason, ListKind};

/// Where the server has no place for a fault.
const NOWHERE: &str = "<nil>";

/// Faults of a value. `prefix` is where it stands in its document, `name` how messages call it; `before` is the value
/// that it replaces.
pub(super) fn value(schema: &Schema, value: &Value, before: Option<&Value>, prefix: &str, name: &str) -> Vec<Cause> {
    let mut faults = Vec::new();
    Check {
        prefix,
        faults: &mut faults,
    }
    .check(schema, value, before, name);
    faults
}

struct Check<'a> {
    prefix: &'a str,
    faults: &'a mut Vec<Cause>,
}

impl Check<'_> {
    fn field(&self, name: &str) -> String {
        match (self.prefix, name) {
            ("", "") => NOWHERE.to_owned(),
            ("", name) => name.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, name) if name.starts_with('[') => format!("{prefix}{name}"),
            (prefix, name) => format!("{prefix}.{name}"),
        }
    }

    fn invalid(&mut self, name: &str, value: &Value, detail: &str) {
        self.faults.push(Cause::invalid(
            self.field(name),
            value,
            &format!("{name} in body {detail}"),
        ));
    }

    fn check(&mut self, schema: &Schema, value: &Value, before: Option<&Value>, name: &str) {
        // What did not change is not held against an update.
        if before == Some(value) {
            return;
        }
        if value.is_null() && schema.nullable {
            return;
        }
        self.kind(schema, value, name);
        self.choices(&schema.limits, value, name);
        match value {
            Value::Number(number) => self.number(&schema.limits, number, name),
            Value::String(text) => self.text(&schema.limits, text, value, name),
            Value::Array(items) => self.list(schema, items, value, before, name),
            Value::Object(_) => self.object(schema, value, before, name),
            _ => {}
        }
        self.combined(schema, value, name);
    }

    fn kind(&mut self, schema: &Schema, value: &Value, name: &str) {
        let found = kind_of(value);
        let fits = if schema.int_or_string {
            matches!(found, "integer" | "string")
        } else {
            match schema.kind.as_str() {
                "" => !value.is_null() || schema.preserve,
                "number" => matches!(found, "number" | "integer"),
                wanted => wanted == found,
            }
        };
        if !fits {
            let wanted = if schema.int_or_string {
                "integer,string"
            } else {
                schema.kind.as_str()
            };
            let message = format!("Invalid value: {found:?}: {name} in body must be of type {wanted}: {found:?}");
            self.faults
                .push(Cause::new(CauseReason::Type, self.field(name), message));
        }
    }

    fn choices(&mut self, limits: &Limits, value: &Value, name: &str) {
        if limits.choices.is_empty() || limits.choices.contains(value) {
            return;
        }
        let known: Vec<String> = limits.choices.iter().map(Value::to_string).collect();
        let message = format!("Unsupported value: {value}: supported values: {}", known.join(", "));
        self.faults
            .push(Cause::new(CauseReason::NotSupported, self.field(name), message));
    }

    fn number(&mut self, limits: &Limits, number: &serde_json::Number, name: &str) {
        let value = Value::Number(number.clone());
        let amount = number.as_f64().unwrap_or_default();
        if limits.format == "int32" && number.as_i64().is_none_or(|whole| i32::try_from(whole).is_err()) {
            self.faults.push(Cause::invalid(
                NOWHERE,
                &Value::from(""),
                &format!("Checked value must be of type integer with format int32 in {name}"),
            ));
        }
        if let Some(least) = limits.minimum {
            if amount < least {
                self.invalid(name, &value, &format!("should be greater than or equal to {least}"));
            } else if limits.exclusive_minimum && amount <= least {
                self.invalid(name, &value, &format!("should be greater than {least}"));
            }
        }
        if let Some(most) = limits.maximum {
            if amount > most {
                self.invalid(name, &value, &format!("should be less than or equal to {most}"));
            } else if limits.exclusive_maximum && amount >= most {
                self.invalid(name, &value, &format!("should be less than {most}"));
            }
        }
        if let Some(factor) = limits
            .multiple_of
            .filter(|factor| *factor != 0.0 && (amount / factor).fract() != 0.0)
        {
            self.invalid(name, &value, &format!("should be a multiple of {factor}"));
        }
    }

    fn text(&mut self, limits: &Limits, text: &str, value: &Value, name: &str) {
        let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        if let Some(least) = limits.min_length.filter(|least| length < *least) {
            self.invalid(name, value, &format!("should be at least {least} chars long"));
        }
        if let Some(most) = limits.max_length.filter(|most| length > *most) {
            let message = format!("Too long: may not be more than {most} bytes");
            self.faults
                .push(Cause::new(CauseReason::TooLong, self.field(name), message));
        }
        if let Some((pattern, Some(compiled))) = &limits.pattern
            && !compiled.is_match(text)
        {
            self.invalid(name, value, &format!("should match '{pattern}'"));
        }
        if !has_format(&limits.format, text) {
            let format = &limits.format;
            let message = format!("Invalid value: {value}: {name} in body must be of type {format}: {value}");
            self.faults
                .push(Cause::new(CauseReason::Type, self.field(name), message));
        }
    }

    fn list(&mut self, schema: &Schema, items: &[Value], value: &Value, before: Option<&Value>, name: &str) {
        let limits = &schema.limits;
        let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
        if let Some(least) = limits.min_items.filter(|least| count < *least) {
            self.invalid(
                name,
                &Value::from(count),
                &format!("should have at least {least} items"),
            );
        }
        if let Some(most) = limits.max_items.filter(|most| count > *most) {
            self.too_many(name, count, most);
        }
        if limits.unique && items.iter().enumerate().any(|(at, item)| items[..at].contains(item)) {
            self.invalid(name, value, "shouldn't contain duplicates");
        }
        let Some(inner) = &schema.items else { return };
        for (index, item) in items.iter().enumerate() {
            let old = match &schema.list {
                Some(ListKind::Map(keys)) => before.and_then(Value::as_array).and_then(|old| {
                    old.iter()
                        .find(|old| keys.iter().all(|key| old.get(key) == item.get(key)))
                }),
                _ => before.and_then(|before| before.get(index)),
            };
            self.check(inner, item, old, &format!("{name}[{index}]"));
        }
    }

    fn too_many(&mut self, name: &str, count: u64, most: u64) {
        let message = format!("Too many: {count}: must have at most {most} items");
        self.faults
            .push(Cause::new(CauseReason::TooMany, self.field(name), message));
    }

    fn object(&mut self, schema: &Schema, value: &Value, before: Option<&Value>, name: &str) {
        let Value::Object(members) = value else { return };
        let limits = &schema.limits;
        let count = u64::try_from(members.len()).unwrap_or(u64::MAX);
        if let Some(least) = limits.min_properties.filter(|least| count < *least) {
            self.invalid(
                name,
                &Value::from(count),
                &format!("should have at least {least} properties"),
            );
        }
        if let Some(most) = limits.max_properties.filter(|most| count > *most) {
            self.too_many(name, count, most);
        }
        let below = |member: &str| {
            if name.is_empty() {
                member.to_owned()
            } else {
                format!("{name}.{member}")
            }
        };
        for required in limits
            .required
            .iter()
            .filter(|required| !members.contains_key(*required))
        {
            self.faults.push(Cause::required(self.field(&below(required)), ""));
        }
        for (member, value) in members {
            // The metadata of a resource is the server's own matter.
            let meta = matches!(member.as_str(), "metadata" | "apiVersion" | "kind");
            if meta && (name.is_empty() && self.prefix.is_empty() || schema.embedded) {
                continue;
            }
            if let Some(inner) = schema.member(member) {
                self.check(
                    inner,
                    value,
                    before.and_then(|before| before.get(member)),
                    &below(member),
                );
            }
        }
    }

    fn combined(&mut self, schema: &Schema, value: &Value, name: &str) {
        let holds = |inner: &Schema| self::value(inner, value, None, "", name).is_empty();
        let mut told = |text: String| self.faults.push(Cause::invalid(NOWHERE, &Value::from(""), &text));
        for inner in &schema.all_of {
            if !holds(inner) {
                told(format!("{name:?} must validate all the schemas (allOf)"));
            }
        }
        if !schema.any_of.is_empty() && !schema.any_of.iter().any(holds) {
            told(format!("{name:?} must validate at least one schema (anyOf)"));
        }
        if !schema.one_of.is_empty() {
            match schema.one_of.iter().filter(|inner| holds(inner)).count() {
                1 => {}
                0 => told(format!(
                    "{name:?} must validate one and only one schema (oneOf). Found none valid"
                )),
                count => {
                    told(format!(
                        "{name:?} must validate one and only one schema (oneOf). Found {count} valid alternatives"
                    ));
                }
            }
        }
        if schema.not.as_deref().is_some_and(holds) {
            told(format!("{name:?} must not validate the schema (not)"));
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() && number.as_f64().is_some_and(|number| number.fract() != 0.0) => {
            "number"
        }
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether a text has a format; formats the server does not know hold of all texts.
pub(super) fn has_format(format: &str, text: &str) -> bool {
    match format {
        "date-time" => ::time::OffsetDateTime::parse(text, &::time::format_description::well_known::Rfc3339).is_ok(),
        "date" => {
            text.len() == 10
                && ::time::OffsetDateTime::parse(
                    &format!("{text}T00:00:00Z"),
                    &::time::format_description::well_known::Rfc3339,
                )
                .is_ok()
        }
        "uuid" => uuid::Uuid::try_parse(text).is_ok(),
        "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
        "byte" => base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).is_ok(),
        "cidr" => text.split_once('/').is_some_and(|(address, bits)| {
            address.parse::<std::net::IpAddr>().is_ok() && bits.parse::<u8>().is_ok_and(|bits| bits <= 128)
        }),
        _ => true,
    }
}

/// Faults of a number that a `Scale` shows.
pub(super) fn scale(object: &Value, path: &str, faults: &mut Vec<Cause>) {
    let pointer = path.replace('.', "/");
    let Some(replicas) = object.pointer(&pointer).and_then(Value::as_i64) else {
        return;
    };
    if replicas < 0 {
        faults.push(Cause::invalid(
            path,
            &replicas.into(),
            "should be a non-negative integer",
        ));
    } else if replicas > i64::from(i32::MAX) {
        faults.push(Cause::invalid(
            path,
            &replicas.into(),
            &format!("should be less than or equal to {}", i32::MAX),
        ));
    }
}

/// Items of sets and keyed lists that occur twice.
pub(super) fn lists(schema: &Schema, value: &Value, path: &str, faults: &mut Vec<Cause>) {
    match value {
        Value::Object(members) => {
            let dot = if path.is_empty() { "" } else { "." };
            for (name, value) in members {
                if let Some(schema) = schema.member(name) {
                    lists(schema, value, &format!("{path}{dot}{name}"), faults);
                }
            }
        }
        Value::Array(items) => {
            let mut seen: Vec<Value> = Vec::new();
            for (index, item) in items.iter().enumerate() {
                let at = format!("{path}[{index}]");
                let key = match &schema.list {
                    Some(ListKind::Set) => Some(item.clone()),
                    Some(ListKind::Map(keys)) => {
                        let part = |key: &String| item.get(key).map(|value| (key.clone(), value.clone()));
                        Some(Value::Object(keys.iter().filter_map(part).collect()))
                    }
                    _ => None,
                };
                if let Some(key) = key {
                    if seen.contains(&key) {
                        faults.push(Cause::duplicate(&*at, &key));
                    } else {
                        seen.push(key);
                    }
                }
                if let Some(schema) = &schema.items {
                    lists(schema, item, &at, faults);
                }
            }
        }
        _ => {}
    }
}
