//! The definitions of a description, read off the annotated model.

use std::collections::BTreeMap;

use super::common_types;
use super::document::Reader;
use super::json::Json;
use super::plain::{PLAIN, Plain, Type};
use super::switches::{Manner, Switches};
use crate::model::{Cluster, OpenShiftVersion, PlatformWorkloadIdentityRoleSet};
use crate::resource::{Described, Enumeration, Field, Kind, Shape};
use crate::version::ApiVersion;

/// Members whose type has another name in the published descriptions than in the model, or has a name at all.
const NAMED: [(&str, &str, &str); 8] = [
    ("OpenShiftCluster", "tags", "Tags"),
    ("MasterProfile", "vmSize", "VMSize"),
    ("WorkerProfile", "vmSize", "VMSize"),
    ("ClusterProfile", "oidcIssuer", "OIDCIssuer"),
    ("PlatformWorkloadIdentityProfile", "upgradeableTo", "UpgradeableTo"),
    ("LoadBalancerProfile", "outboundIps", "OutboundIP"),
    ("LoadBalancerProfile", "outboundIpPrefixes", "OutboundIPPrefix"),
    ("PreconfiguredNsg", "", "PreconfiguredNSG"),
];

/// Resources, each with what Azure's common types say about it already.
const RESOURCES: [(&str, &str); 3] = [
    ("OpenShiftCluster", "TrackedResource"),
    ("OpenShiftVersion", "ProxyResource"),
    ("PlatformWorkloadIdentityRoleSet", "ProxyResource"),
];

/// Members of every resource, which stand in the common types.
const ENVELOPE: [&str; 6] = ["id", "name", "type", "location", "tags", "systemData"];

/// The name of what a PATCH may say about a cluster.
const UPDATE: &str = "OpenShiftClusterUpdate";

/// Collects definitions, each with everything it refers to.
pub(super) struct Definitions<'a> {
    version: ApiVersion,
    switches: &'a Switches,
    reader: Reader,
    /// Documents of the common types, as seen from the description.
    common: String,
    found: BTreeMap<String, Json>,
}

impl<'a> Definitions<'a> {
    pub(super) fn new(version: ApiVersion, switches: &'a Switches, reader: Reader) -> Self {
        Self {
            version,
            switches,
            reader,
            common: common_types::seen_from_description(switches.common_types),
            found: BTreeMap::new(),
        }
    }

    /// Adds a definition by name.
    pub(super) fn add(&mut self, name: &str) {
        match name {
            "OpenShiftCluster" => self.shape(Cluster::described()),
            "OpenShiftVersion" => self.shape(OpenShiftVersion::described()),
            "PlatformWorkloadIdentityRoleSet" => self.shape(PlatformWorkloadIdentityRoleSet::described()),
            UPDATE => self.update(),
            other => {
                if let Some(plain) = PLAIN.iter().find(|plain| plain.name == other) {
                    self.plain(plain);
                }
            }
        }
    }

    /// Everything that was added, by name.
    pub(super) fn into_json(self) -> Json {
        Json::object(self.found)
    }

    /// Adds what is not there yet. The name is taken first, because definitions may refer to themselves.
    fn insert(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Json) {
        if !self.found.contains_key(name) {
            self.found.insert(name.to_owned(), Json::Null);
            let made = make(self);
            self.found.insert(name.to_owned(), made);
        }
    }

    fn shape(&mut self, shape: &'static Shape) {
        self.shape_as(shape, shape.def);
    }

    fn shape_as(&mut self, shape: &'static Shape, name: &str) {
        let resource = RESOURCES
            .iter()
            .find(|(def, _)| *def == shape.def)
            .map(|(_, base)| *base);
        self.insert(name, |this| {
            let mut definition = Json::object([("description", text(shape.doc)), ("type", "object".into())]);
            if let Some(base) = resource {
                let target = format!("{}/types.json#/definitions/{base}", this.common);
                definition.set("allOf", Json::list([Json::object([("$ref", target)])]));
            }
            let members = this.members(shape, |field| resource.is_none() || !ENVELOPE.contains(&field.name));
            definition.with("properties", members)
        });
    }

    /// What a PATCH may say: all that the contract lets change and all that it may repeat.
    fn update(&mut self) {
        let shape = Cluster::described();
        self.insert(UPDATE, |this| {
            let members = this.members(shape, |field| field.name == "tags" || !ENVELOPE.contains(&field.name));
            Json::object([
                ("description", text("What changes of a cluster.")),
                ("type", "object".into()),
                ("properties", members),
            ])
        });
    }

    fn members(&mut self, shape: &'static Shape, has: impl Fn(&Field) -> bool) -> Json {
        let version = self.version;
        let shown = |field: &&Field| field.visible.contains(version) && !field.unseen.contains(version) && has(field);
        let resource = RESOURCES.iter().any(|(def, _)| *def == shape.def);
        let mut members = Vec::new();
        for field in shape.fields.iter().filter(shown) {
            let name = NAMED
                .iter()
                .find(|(def, member, _)| *def == shape.def && *member == field.name)
                .map(|(_, _, name)| *name);
            let mut schema = self.schema(field.kind, name, field.doc);
            describe(&mut schema, field.doc);
            // The service writes it; a version that lets a client repeat it without a mark says so nowhere.
            if !field.mutable.contains(version) && (field.read_only.contains(version) || field.output.contains(version))
            {
                schema.set("readOnly", true);
            }
            self.mark_list(&mut schema);
            if resource && field.name == "properties" {
                schema.set("x-ms-client-flatten", true);
            }
            members.push((field.name, schema));
        }
        Json::object(members)
    }

    /// The schema of a type; where the published descriptions name it, the definition of that name is added.
    fn schema(&mut self, kind: Kind, name: Option<&str>, doc: &str) -> Json {
        match kind {
            // The published descriptions leave it unmarked, because clients that exist would break.
            Kind::Secret | Kind::OptSecret | Kind::SecretBytes if self.reader == Reader::Generator => {
                Json::object([("type", "string"), ("format", "password")])
            }
            Kind::Str | Kind::OptStr | Kind::Secret | Kind::OptSecret | Kind::SecretBytes => match name {
                Some(name) if self.names_scalars() => {
                    self.scalar(name, doc);
                    local(name)
                }
                _ => Json::object([("type", "string")]),
            },
            Kind::Int | Kind::OptInt => Json::object([("format", "int32"), ("type", "integer")]),
            Kind::Bool => Json::object([("type", "boolean")]),
            Kind::Time => Json::object([("format", "date-time"), ("type", "string")]),
            Kind::Word(enumeration) => {
                let name = enumeration_name(enumeration);
                self.enumeration(enumeration, name);
                local(name)
            }
            Kind::Struct(shape) | Kind::OptStruct(shape) => {
                let shape = shape();
                let name = name.unwrap_or(shape.def);
                match common_types::file_of(name) {
                    Some(file) => Json::object([("$ref", format!("{}/{file}#/definitions/{name}", self.common))]),
                    None => {
                        self.shape_as(shape, name);
                        local(name)
                    }
                }
            }
            Kind::List(of) => {
                let items = self.schema(*of, name, doc);
                Json::object([("type", "array".into()), ("items", items)])
            }
            Kind::Map(of) => {
                let values = self.schema(*of, None, doc);
                let map = Json::object([("type", "object".into()), ("additionalProperties", values)]);
                match name {
                    Some(name) if self.names_scalars() => {
                        self.insert(name, |_| {
                            let mut map = map;
                            describe(&mut map, doc);
                            map
                        });
                        local(name)
                    }
                    _ => map,
                }
            }
            Kind::Opaque => Json::object([("type", "object")]),
        }
    }

    fn names_scalars(&self) -> bool {
        self.switches.manner == Manner::Reflected
    }

    fn scalar(&mut self, name: &str, doc: &str) {
        self.insert(name, |this| {
            let mut scalar = Json::object([("description", text(doc))]);
            let sizes = this.switches.vm_sizes;
            let listed = name == "VMSize" && !sizes.is_empty();
            if listed {
                scalar.set("enum", Json::list(sizes.iter().copied()));
            }
            scalar.set("type", "string");
            if listed {
                this.mark_open(&mut scalar, name, Vec::new());
            }
            scalar
        });
    }

    fn enumeration(&mut self, enumeration: &'static Enumeration, name: &str) {
        self.insert(name, |this| {
            let mut words = enumeration.words.to_vec();
            words.retain(|(word, _)| this.has_word(word));
            words.sort_unstable();
            let mut schema = Json::object([
                ("description", text(enumeration.doc)),
                ("enum", Json::list(words.iter().map(|(word, _)| *word))),
                ("type", "string".into()),
            ]);
            let values = match this.switches.manner {
                Manner::Reflected => Vec::new(),
                Manner::TypeSpec => words
                    .iter()
                    .map(|(word, doc)| {
                        Json::object([
                            ("name", (*word).into()),
                            ("value", (*word).into()),
                            ("description", text(doc)),
                        ])
                    })
                    .collect(),
            };
            this.mark_open(&mut schema, name, values);
            schema
        });
    }

    /// Whether the version has a word. Words for an operation that was given up came late and changed their spelling;
    /// `Maintenance` is in no version.
    fn has_word(&self, word: &str) -> bool {
        match word {
            "Canceled" | "Cancelled" => self.switches.cancelled == Some(word),
            "Maintenance" => false,
            _ => true,
        }
    }

    fn mark_open(&self, schema: &mut Json, name: &str, values: Vec<Json>) {
        if self.switches.open.contains(&name) {
            let mut mark = Json::object([("name", name.into()), ("modelAsString", Json::Bool(true))]);
            if !values.is_empty() {
                mark.set("values", Json::List(values));
            }
            schema.set("x-ms-enum", mark);
        }
    }

    fn mark_list(&self, schema: &mut Json) {
        if self.switches.identifiers && schema.get("type").and_then(Json::as_str) == Some("array") {
            schema.set("x-ms-identifiers", Json::List(Vec::new()));
        }
    }

    fn plain(&mut self, plain: &'static Plain) {
        self.insert(plain.name, |this| {
            let typespec = this.switches.manner == Manner::TypeSpec;
            let mut members = Vec::new();
            for (name, doc, kind) in plain.members {
                let mut schema = match kind {
                    Type::Text | Type::Secret => Json::object([("type", "string")]),
                    Type::Link if typespec => Json::object([("type", "string"), ("format", "uri")]),
                    Type::Link => Json::object([("type", "string")]),
                    Type::One(of) => {
                        this.add(of);
                        local(of)
                    }
                    Type::Many(of) | Type::Page(of) => {
                        this.add(of);
                        Json::object([("type", "array".into()), ("items", local(of))])
                    }
                };
                describe(&mut schema, doc);
                if matches!(kind, Type::Secret) && this.switches.secrets {
                    if typespec {
                        schema.set("format", "password");
                    }
                    schema.set("x-ms-secret", true);
                }
                if !(typespec && matches!(kind, Type::Page(_))) {
                    this.mark_list(&mut schema);
                }
                members.push((*name, schema));
            }
            let required = plain
                .members
                .iter()
                .filter(|(_, _, kind)| matches!(kind, Type::Page(_)));
            let required = required.map(|(name, _, _)| *name).collect::<Vec<_>>();
            let definition = Json::object([
                ("description", text(plain.doc)),
                ("type", "object".into()),
                ("properties", Json::object(members)),
            ]);
            if typespec && !required.is_empty() {
                definition.with("required", Json::list(required))
            } else {
                definition
            }
        });
    }
}

/// The name of an enumeration in the published descriptions.
pub(super) fn enumeration_name(enumeration: &'static Enumeration) -> &'static str {
    NAMED
        .iter()
        .find(|(def, _, _)| *def == enumeration.name)
        .map_or(enumeration.name, |(_, _, name)| *name)
}

fn local(name: &str) -> Json {
    Json::object([("$ref", format!("#/definitions/{name}"))])
}

/// Says what something is, after a reference and before all else.
fn describe(schema: &mut Json, doc: &str) {
    match schema {
        Json::Object(members) if members.first().is_some_and(|(name, _)| name == "$ref") => {
            members.insert(1, ("description".to_owned(), text(doc)));
        }
        schema => schema.set_first("description", text(doc)),
    }
}

/// A documentation comment without what only rustdoc understands.
fn text(doc: &str) -> Json {
    let mut plain = String::with_capacity(doc.len());
    let mut rest = doc.trim();
    while let Some((before, link)) = rest.split_once('[') {
        let Some((name, after)) = link.split_once(']') else {
            break;
        };
        plain.push_str(before);
        plain.push_str(name);
        rest = match after.strip_prefix('(').and_then(|target| target.split_once(')')) {
            Some((_, after)) => after,
            None => after,
        };
    }
    plain.push_str(rest);
    Json::Text(plain.replace('`', ""))
}
