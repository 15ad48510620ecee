//! The one way this product writes JSON: four spaces, HTML-sensitive characters escaped, a trailing newline.
//!
//! Clients of the resource provider have always received this form, so replies stay byte for byte comparable.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter};

/// Writes `value` in the form of every reply: indented by four spaces, `<`, `>`, `&`, U+2028 and U+2029 escaped,
/// ended by a newline.
///
/// # Errors
/// Whatever the `Serialize` implementation reports, for example a map with keys that are no strings.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(1024);
    value.serialize(&mut serde_json::Serializer::with_formatter(
        &mut out,
        Indented::default(),
    ))?;
    out.push(b'\n');
    Ok(out)
}

/// Formatter behind [`to_vec`], public for serializers that stream.
pub struct Indented {
    pretty: PrettyFormatter<'static>,
}

impl Default for Indented {
    fn default() -> Self {
        Self {
            pretty: PrettyFormatter::with_indent(b"    "),
        }
    }
}

impl Formatter for Indented {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(writer)
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let bytes = fragment.as_bytes();
        let mut written = 0;
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let (length, escape): (usize, &[u8]) = match byte {
                b'<' => (1, b"\\u003c"),
                b'>' => (1, b"\\u003e"),
                b'&' => (1, b"\\u0026"),
                0xE2 if bytes[at..].starts_with(b"\xE2\x80\xA8") => (3, b"\\u2028"),
                0xE2 if bytes[at..].starts_with(b"\xE2\x80\xA9") => (3, b"\\u2029"),
                _ => {
                    at += 1;
                    continue;
                }
            };
            writer.write_all(&bytes[written..at])?;
            writer.write_all(escape)?;
            at += length;
            written = at;
        }
        writer.write_all(&bytes[written..])
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        self.pretty.write_char_escape(writer, escape)
    }
}

#[cfg(test)]
mod tests {
    use super::to_vec;

    #[test]
    fn indents_by_four_spaces_and_ends_with_a_newline() {
        let value = serde_json::json!({"value": [{"a": 1}], "empty": [], "none": {}});
        let text = String::from_utf8(to_vec(&value).unwrap()).unwrap();
        assert_eq!(
            text,
            "{\n    \"empty\": [],\n    \"none\": {},\n    \"value\": [\n        {\n            \"a\": 1\n        }\n    ]\n}\n"
        );
    }

    #[test]
    fn escapes_what_could_be_read_as_markup() {
        let text = String::from_utf8(to_vec("<a & b>\u{2028}\u{2029}\u{20ac}\"\n").unwrap()).unwrap();
        assert_eq!(text, "\"\\u003ca \\u0026 b\\u003e\\u2028\\u2029\u{20ac}\\\"\\n\"\n");
    }
}
