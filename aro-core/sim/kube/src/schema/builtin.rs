//! The built-in definitions, made once from the published schemas and the table beside.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use k8s_openapi::schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

use super::{Field, Gvk, List, ListKind, Member, Object, Ownership, Shape, Strategy, Type, Written};

/// Order, ownership and patch strategy of members, which the schemas do not say.
const MEMBERS: &str = include_str!("members.txt");

/// Prefixes of the published names and what the table writes instead.
const PREFIXES: [&str; 4] = [
    "io.k8s.api.",
    "io.k8s.apimachinery.pkg.apis.",
    "io.k8s.apiextensions-apiserver.pkg.apis.",
    "io.k8s.kube-aggregator.pkg.apis.",
];

struct Builtin {
    /// By number.
    types: Vec<Type>,
    /// Published schemas, `$ref`s inside, by published name.
    schemas: Map<String, Value>,
    numbers: HashMap<String, usize>,
    kinds: HashMap<(&'static str, &'static str, &'static str), usize>,
}

static BUILTIN: LazyLock<Builtin> = LazyLock::new(Builtin::new);

/// The type of a built-in kind.
pub fn lookup(group: &str, version: &str, kind: &str) -> Option<&'static Type> {
    // The map's keys are static; a look-up borrows them for less.
    let kinds: &HashMap<Gvk<'_>, usize> = &BUILTIN.kinds;
    kinds.get(&(group, version, kind)).map(|number| resolve(*number))
}

/// All built-in kinds: group, version, kind and the published name of the type.
pub fn kinds() -> impl Iterator<Item = (Gvk<'static>, &'static str)> {
    let names: HashMap<usize, &str> = BUILTIN
        .numbers
        .iter()
        .map(|(name, number)| (*number, name.as_str()))
        .collect();
    BUILTIN
        .kinds
        .iter()
        .map(move |(gvk, number)| (*gvk, names.get(number).copied().unwrap_or_default()))
}

/// The published schema of a name such as `io.k8s.api.core.v1.Pod`; names in it are `#/components/schemas/NAME`.
pub fn definition(name: &str) -> Option<&'static Value> {
    BUILTIN.schemas.get(name)
}

/// What the published schema says a type or one of its members is for.
pub fn description(name: &str, member: Option<&str>) -> Option<&'static str> {
    let schema = definition(name)?;
    member
        .map_or(Some(schema), |member| schema.pointer(&format!("/properties/{member}")))?
        .get("description")?
        .as_str()
}

/// The type of a published name.
pub fn named(name: &str) -> Option<&'static Type> {
    BUILTIN.numbers.get(name).map(|number| resolve(*number))
}

/// The type of `metadata`.
pub fn object_meta() -> Type {
    Type::new(Shape::Named(
        BUILTIN
            .numbers
            .get("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
            .copied()
            .unwrap_or(0),
    ))
}

/// The type of this number.
pub(super) fn resolve(number: usize) -> &'static Type {
    &BUILTIN.types[number]
}

impl Builtin {
    fn new() -> Self {
        let settings = SchemaSettings::default().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
        });
        let mut generator = SchemaGenerator::new(settings);
        let named = super::kinds::register(&mut generator);
        let schemas = generator.take_definitions(false);
        let numbers: HashMap<String, usize> = schemas
            .keys()
            .enumerate()
            .map(|(number, name)| (name.clone(), number))
            .collect();
        let table = Table::new(MEMBERS);
        let types = schemas
            .iter()
            .map(|(name, schema)| {
                Conversion {
                    numbers: &numbers,
                    table: &table,
                }
                .named(name, schema)
            })
            .collect();
        let kinds = named
            .into_iter()
            .filter_map(|(key, name)| numbers.get(&name).map(|number| (key, *number)))
            .collect();
        Self {
            types,
            schemas,
            numbers,
            kinds,
        }
    }
}

/// Makes types of published schemas.
struct Conversion<'a> {
    numbers: &'a HashMap<String, usize>,
    table: &'a Table<'a>,
}

impl Conversion<'_> {
    fn named(&self, name: &str, schema: &Value) -> Type {
        let shape = match name.rsplit('.').next().unwrap_or(name) {
            "Quantity" => Shape::Quantity,
            "Time" => Shape::Time,
            "MicroTime" => Shape::MicroTime,
            "IntOrString" => Shape::IntOrString,
            "RawExtension"
            | "FieldsV1"
            | "JSON"
            | "JSONSchemaPropsOrArray"
            | "JSONSchemaPropsOrBool"
            | "JSONSchemaPropsOrStringArray" => Shape::Any,
            _ => {
                let short = short(name);
                let mut ty = self.convert(schema, self.table.types.get(short));
                if let Shape::Object(object) = &mut ty.shape {
                    let (group_version, kind) = short.rsplit_once('.').unwrap_or(("", short));
                    let version = group_version.rsplit('.').next().unwrap_or_default();
                    object.name = format!("{version}.{kind}");
                }
                return ty;
            }
        };
        Type::new(shape)
    }

    fn convert(&self, schema: &Value, row: Option<&Row<'_>>) -> Type {
        if let Some(name) = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|path| path.rsplit('/').next())
        {
            return Type::new(
                self.numbers
                    .get(name)
                    .map_or(Shape::Any, |number| Shape::Named(*number)),
            );
        }
        let format = schema.get("format").and_then(Value::as_str);
        let shape = match (schema.get("type").and_then(Value::as_str), format) {
            (Some("string"), Some("byte")) => Shape::Bytes,
            (Some("string"), _) => Shape::String,
            (Some("integer"), Some("int32")) => Shape::Integer(32),
            (Some("integer"), _) => Shape::Integer(64),
            (Some("number"), _) => Shape::Number,
            (Some("boolean"), _) => Shape::Boolean,
            (Some("array"), _) => Shape::List(List {
                items: Box::new(self.convert(schema.get("items").unwrap_or(&Value::Null), None)),
                kind: ListKind::Atomic,
            }),
            (Some("object"), _) => Shape::Object(self.object(schema, row)),
            _ => Shape::Any,
        };
        Type::new(shape)
    }

    fn object(&self, schema: &Value, row: Option<&Row<'_>>) -> Object {
        let rest = schema.get("additionalProperties").filter(|rest| rest.is_object());
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut members = BTreeMap::new();
        for (name, property) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let mut ty = self.convert(property, None);
            let column = row.and_then(|row| row.columns.get(name.as_str()));
            let member = match column {
                Some(column) => {
                    column.adapt(&mut ty);
                    Member {
                        ty,
                        order: column.order,
                        written: column.written,
                        patch: column.patch.clone(),
                        key_default: column.key_default.map(Value::from),
                        field: column.field,
                    }
                }
                None => Member {
                    order: u16::from(!matches!(name.as_str(), "kind" | "apiVersion")) * u16::MAX,
                    written: if required.contains(&name.as_str()) {
                        Written::Always
                    } else {
                        Written::NotEmpty
                    },
                    patch: Strategy::default(),
                    key_default: None,
                    field: Field::default(),
                    ty,
                },
            };
            members.insert(name.clone(), member);
        }
        let rest = match rest {
            Some(rest) => Some(Box::new(self.convert(rest, None))),
            None if members.is_empty() && row.is_none() => Some(Box::new(Type::new(Shape::Any))),
            None => None,
        };
        Object {
            name: String::new(),
            members,
            rest,
            ownership: row.and_then(|row| row.ownership),
        }
    }
}

fn short(name: &str) -> &str {
    PREFIXES
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name)
}

/// The table of members, read.
struct Table<'a> {
    types: HashMap<&'a str, Row<'a>>,
}

struct Row<'a> {
    ownership: Option<Ownership>,
    columns: HashMap<&'a str, Column<'a>>,
}

struct Column<'a> {
    order: u16,
    written: Written,
    patch: Strategy,
    key_default: Option<&'a str>,
    field: Field,
    list: Option<ListKind>,
    ownership: Option<Ownership>,
}

impl<'a> Table<'a> {
    fn new(text: &'a str) -> Self {
        let types = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(Row::read)
            .collect();
        Self { types }
    }
}

impl<'a> Row<'a> {
    fn read(line: &'a str) -> Option<(&'a str, Self)> {
        let (head, rest) = line.split_once(':')?;
        let (name, ownership) = head
            .strip_suffix('@')
            .map_or((head, None), |name| (name, Some(Ownership::Atomic)));
        let mut columns = HashMap::new();
        let mut within = 0;
        for (order, word) in (1_u16..).zip(rest.split_whitespace()) {
            if let Some(inner) = word.strip_prefix('+') {
                within = inner.trim_end_matches('(').parse().unwrap_or(0);
            } else if word == ")" {
                within = 0;
            } else {
                let (name, column) = Column::read(word, order, within);
                columns.insert(name, column);
            }
        }
        Some((name, Self { ownership, columns }))
    }
}

impl<'a> Column<'a> {
    fn read(word: &'a str, order: u16, within: u32) -> (&'a str, Self) {
        let (word, number) = word
            .split_once('#')
            .map_or((word, 0), |(word, number)| (word, number.parse().unwrap_or(0)));
        let end = word
            .find(['@', '%', '[', '=', '~', '^', '`', '!', '*'])
            .unwrap_or(word.len());
        let (name, mut marks) = word.split_at(end);
        let mut column = Self {
            order,
            written: Written::NotEmpty,
            patch: Strategy::default(),
            key_default: None,
            field: Field { number, within },
            list: None,
            ownership: None,
        };
        let (mut always, mut present) = (false, false);
        while let Some(mark) = marks.chars().next() {
            marks = &marks[1..];
            let text_end = marks
                .find(['@', '%', '[', '=', '~', '^', '`', '!', '*'])
                .unwrap_or(marks.len());
            match mark {
                '@' => column.ownership = Some(Ownership::Atomic),
                '%' => column.ownership = Some(Ownership::Granular),
                '!' => always = true,
                '*' => present = true,
                '^' => column.patch.retain_keys = true,
                '`' => column.patch.replace = true,
                '=' => {
                    column.key_default = Some(&marks[..text_end]);
                    marks = &marks[text_end..];
                }
                '~' => {
                    column.patch.merge = Some(marks[..text_end].to_owned());
                    marks = &marks[text_end..];
                }
                '[' => {
                    let close = marks.find(']').unwrap_or(marks.len());
                    let keys: Vec<String> = marks[..close]
                        .split(',')
                        .filter(|key| !key.is_empty())
                        .map(str::to_owned)
                        .collect();
                    column.list = Some(if keys.is_empty() {
                        ListKind::Set
                    } else {
                        ListKind::Map(keys)
                    });
                    marks = &marks[(close + 1).min(marks.len())..];
                }
                _ => {}
            }
        }
        column.written = match (always, present) {
            (true, true) => Written::Null,
            (true, false) => Written::Always,
            (false, true) => Written::Present,
            (false, false) => Written::NotEmpty,
        };
        (name, column)
    }

    fn adapt(&self, ty: &mut Type) {
        ty.ownership = self.ownership;
        if let (Shape::List(list), Some(kind)) = (&mut ty.shape, &self.list) {
            list.kind = kind.clone();
        }
    }
}
