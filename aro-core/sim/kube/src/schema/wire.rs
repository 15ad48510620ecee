//! Bodies in the protobuf form: what Go clients send by default for built-in kinds.
//!
//! ```text
//! "k8s\0"  envelope { 1: { 1: apiVersion, 2: kind }, 2: object, 3: encoding, 4: media type }
//! ```
//!
//! Numbers of members come from the table beside the schemas; what it does not number is not read.

use ::time::OffsetDateTime;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{List, Member, Object, Shape, Type, lookup, time};

/// What a body in this form begins with.
pub const MAGIC: &[u8] = b"k8s\0";

/// Reads a body: the object with its kind and version, as JSON would have it.
///
/// # Errors
/// The server's message where the body has another beginning; else what is wrong with it.
pub fn protobuf(body: &[u8]) -> Result<Value, String> {
    let envelope = body.strip_prefix(MAGIC).ok_or_else(|| {
        let beginning: Vec<String> = MAGIC.iter().map(ToString::to_string).collect();
        format!(
            "provided data does not appear to be a protobuf message, expected prefix [{}]",
            beginning.join(" ")
        )
    })?;
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    for field in fields(envelope)? {
        match (field.number, field.value) {
            (1, Wire::Bytes(type_meta)) => {
                for field in fields(type_meta)? {
                    match (field.number, field.value) {
                        (1, Wire::Bytes(text)) => api_version = utf8(text)?,
                        (2, Wire::Bytes(text)) => kind = utf8(text)?,
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", &api_version));
    let ty = lookup(group, version, &kind)
        .ok_or_else(|| format!("no kind {kind:?} is registered for version {api_version:?}"))?;
    let mut object = ty
        .object()
        .map_or_else(|| Ok(json!({})), |object| message(object, raw))?;
    object["apiVersion"] = Value::from(api_version.as_str());
    object["kind"] = Value::from(kind);
    Ok(object)
}

struct Field<'a> {
    number: u32,
    value: Wire<'a>,
}

#[derive(Clone, Copy)]
enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

const TRUNCATED: &str = "unexpected EOF";

/// The fields of a message, in order.
fn fields(mut bytes: &[u8]) -> Result<Vec<Field<'_>>, String> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let number = u32::try_from(key >> 3).map_err(|_| "illegal tag".to_owned())?;
        let value = match key & 7 {
            0 => Wire::Number(varint(&mut bytes)?),
            1 => Wire::Number(u64::from_le_bytes(fixed(&mut bytes)?)),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).map_err(|_| TRUNCATED.to_owned())?;
                let (value, rest) = bytes.split_at_checked(length).ok_or(TRUNCATED)?;
                bytes = rest;
                Wire::Bytes(value)
            }
            5 => Wire::Number(u64::from(u32::from_le_bytes(fixed(&mut bytes)?))),
            other => return Err(format!("illegal wireType {other}")),
        };
        fields.push(Field { number, value });
    }
    Ok(fields)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(TRUNCATED)?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("integer overflow".to_owned())
}

fn fixed<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], String> {
    let (value, rest) = bytes.split_first_chunk::<N>().ok_or(TRUNCATED)?;
    *bytes = rest;
    Ok(*value)
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| "text that is not UTF-8".to_owned())
}

fn message(object: &Object, bytes: &[u8]) -> Result<Value, String> {
    let mut out = Map::new();
    for field in fields(bytes)? {
        member(object, field, 0, &mut out)?;
    }
    Ok(Value::Object(out))
}

fn member(object: &Object, field: Field<'_>, within: u32, out: &mut Map<String, Value>) -> Result<(), String> {
    let numbered =
        |(_, member): &(&String, &Member)| member.field.number == field.number && member.field.within == within;
    if let Some((name, member)) = object.members.iter().find(numbered) {
        return put(name, &member.ty, field.value, out);
    }
    // Some members are those of a message of their own.
    let inner = within == 0
        && object
            .members
            .values()
            .any(|member| member.field.within == field.number);
    if let (true, Wire::Bytes(bytes)) = (inner, field.value) {
        for below in fields(bytes)? {
            member_of(object, below, field.number, out)?;
        }
    }
    Ok(())
}

fn member_of(object: &Object, field: Field<'_>, within: u32, out: &mut Map<String, Value>) -> Result<(), String> {
    let numbered =
        |(_, member): &(&String, &Member)| member.field.number == field.number && member.field.within == within;
    match object.members.iter().find(numbered) {
        Some((name, member)) => put(name, &member.ty, field.value, out),
        None => Ok(()),
    }
}

/// Adds a field to a member: lists and maps come one item at a time.
fn put(name: &str, ty: &Type, wire: Wire<'_>, out: &mut Map<String, Value>) -> Result<(), String> {
    match (ty.shape(), wire) {
        (Shape::List(list), _) => {
            let item = value(&list.items, wire)?;
            match out.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(items) => items.push(item),
                other => *other = Value::Array(vec![item]),
            }
        }
        (
            Shape::Object(Object {
                members,
                rest: Some(rest),
                ..
            }),
            Wire::Bytes(bytes),
        ) if members.is_empty() => {
            let (mut key, mut entry) = (String::new(), super::empty(rest));
            for field in fields(bytes)? {
                match (field.number, field.value) {
                    (1, Wire::Bytes(text)) => key = utf8(text)?,
                    (2, wire) => entry = value(rest, wire)?,
                    _ => {}
                }
            }
            if let Value::Object(map) = out.entry(name).or_insert_with(|| Value::Object(Map::new())) {
                map.insert(key, entry);
            }
        }
        _ => {
            out.insert(name.to_owned(), value(ty, wire)?);
        }
    }
    Ok(())
}

fn value(ty: &Type, wire: Wire<'_>) -> Result<Value, String> {
    Ok(match (ty.shape(), wire) {
        (Shape::Boolean, Wire::Number(number)) => Value::Bool(number != 0),
        (Shape::Number, Wire::Number(number)) => Value::from(f64::from_bits(number)),
        // Negative numbers are written as 64 bits.
        (_, Wire::Number(number)) => Value::from(number.cast_signed()),
        (Shape::Object(object), Wire::Bytes(bytes)) => message(object, bytes)?,
        (Shape::List(list), Wire::Bytes(bytes)) => items(list, bytes)?,
        (Shape::Bytes, Wire::Bytes(bytes)) => Value::from(STANDARD.encode(bytes)),
        (Shape::Time, Wire::Bytes(bytes)) => moment(bytes, false)?,
        (Shape::MicroTime, Wire::Bytes(bytes)) => moment(bytes, true)?,
        (Shape::Quantity, Wire::Bytes(bytes)) => first_text(bytes)?.map_or(json!("0"), Value::from),
        (Shape::IntOrString, Wire::Bytes(bytes)) => int_or_string(bytes)?,
        (Shape::Any | Shape::Scalar, Wire::Bytes(bytes)) => embedded(bytes)?,
        (_, Wire::Bytes(bytes)) => Value::from(utf8(bytes)?),
    })
}

/// A list that is a message of its own: its items are the field 1.
fn items(list: &List, bytes: &[u8]) -> Result<Value, String> {
    let items = fields(bytes)?.into_iter().filter(|field| field.number == 1);
    items
        .map(|field| value(&list.items, field.value))
        .collect::<Result<Vec<_>, _>>()
        .map(Value::Array)
}

fn moment(bytes: &[u8], micros: bool) -> Result<Value, String> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let (mut seconds, mut nanos) = (0_i128, 0_i128);
    for field in fields(bytes)? {
        match (field.number, field.value) {
            (1, Wire::Number(number)) => seconds = i128::from(number.cast_signed()),
            (2, Wire::Number(number)) => nanos = i128::from(number.cast_signed()),
            _ => {}
        }
    }
    let at = OffsetDateTime::from_unix_timestamp_nanos(seconds * 1_000_000_000 + nanos)
        .map_err(|error| format!("a time out of range: {error}"))?;
    Ok(Value::from(time::write(at, micros)))
}

fn first_text(bytes: &[u8]) -> Result<Option<String>, String> {
    for field in fields(bytes)? {
        if let (1, Wire::Bytes(text)) = (field.number, field.value) {
            return utf8(text).map(Some);
        }
    }
    Ok(None)
}

fn int_or_string(bytes: &[u8]) -> Result<Value, String> {
    let (mut is_text, mut number, mut text) = (false, 0_i64, String::new());
    for field in fields(bytes)? {
        match (field.number, field.value) {
            (1, Wire::Number(kind)) => is_text = kind == 1,
            (2, Wire::Number(value)) => number = value.cast_signed(),
            (3, Wire::Bytes(value)) => text = utf8(value)?,
            _ => {}
        }
    }
    Ok(if is_text {
        Value::from(text)
    } else {
        Value::from(number)
    })
}

/// JSON in a message of its own.
fn embedded(bytes: &[u8]) -> Result<Value, String> {
    match first_text(bytes)? {
        Some(text) => serde_json::from_str(&text).map_err(|error| error.to_string()),
        None => Ok(Value::Null),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(number: u8, content: &[u8]) -> Vec<u8> {
        let mut field = vec![number << 3 | 2, u8::try_from(content.len()).unwrap()];
        field.extend_from_slice(content);
        field
    }

    fn body(api_version: &str, kind: &str, object: &[u8]) -> Vec<u8> {
        let type_meta = [bytes(1, api_version.as_bytes()), bytes(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), bytes(1, &type_meta), bytes(2, object)].concat()
    }

    #[test]
    fn a_config_map_is_read() {
        let metadata = [
            bytes(1, b"m"),
            bytes(8, b""),
            bytes(11, &[bytes(1, b"k"), bytes(2, b"v")].concat()),
        ]
        .concat();
        let object = [
            bytes(1, &metadata),
            bytes(2, &[bytes(1, b"a"), bytes(2, b"1")].concat()),
            bytes(3, &[bytes(1, b"b"), bytes(2, &[0, 255])].concat()),
        ]
        .concat();
        assert_eq!(
            protobuf(&body("v1", "ConfigMap", &object)),
            Ok(json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": { "name": "m", "creationTimestamp": null, "labels": { "k": "v" } },
                "data": { "a": "1" }, "binaryData": { "b": "AP8=" },
            }))
        );
    }

    #[test]
    fn members_of_inner_messages_ports_and_amounts_are_read() {
        // A container with a port, a limit and a probe whose handler is a message of its own.
        let port = [bytes(1, b"http"), vec![3 << 3, 80]].concat();
        let limit = [bytes(1, b"cpu"), bytes(2, &bytes(1, b"100m"))].concat();
        let target = [vec![1 << 3, 1], bytes(3, b"http")].concat();
        let probe = [
            bytes(1, &bytes(2, &[bytes(1, b"/"), bytes(2, &target)].concat())),
            vec![4 << 3, 9],
        ]
        .concat();
        let container = [
            bytes(1, b"c"),
            bytes(6, &port),
            bytes(8, &bytes(1, &limit)),
            bytes(10, &probe),
        ]
        .concat();
        let read = protobuf(&body("v1", "Pod", &bytes(2, &bytes(2, &container)))).unwrap();
        assert_eq!(
            read["spec"]["containers"][0],
            json!({
                "name": "c",
                "ports": [{ "name": "http", "containerPort": 80 }],
                "resources": { "limits": { "cpu": "100m" } },
                "livenessProbe": { "httpGet": { "path": "/", "port": "http" }, "periodSeconds": 9 },
            })
        );
    }

    #[test]
    fn what_is_no_body_is_refused() {
        assert_eq!(
            protobuf(b"garbage").unwrap_err(),
            "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
        );
        assert_eq!(protobuf(b"k8s\0\x0a\x7f").unwrap_err(), TRUNCATED);
        assert!(protobuf(&body("v9", "Nothing", b"")).unwrap_err().contains("no kind"));
    }
}
