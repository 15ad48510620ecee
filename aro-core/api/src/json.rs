//! The one way this product writes JSON: four spaces, HTML-sensitive characters escaped, a trailing newline.
//!
//! Clients of the resource provider have always received this form, so replies stay byte for byte comparable.

use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;

/// Writes `value` in the form of every reply: indented by four spaces, `<`, `>`, `&`, U+2028 and U+2029 escaped,
/// ended by a newline.
///
/// # Errors
/// Whatever the `Serialize` implementation reports, for example a map with keys that are no strings.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Vec<u8>> {
    to_vec_of(value, 1024)
}

/// As [`to_vec`], for something that takes about `size` bytes.
///
/// # Errors
/// As [`to_vec`].
pub fn to_vec_of<T: Serialize + ?Sized>(value: &T, size: usize) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(size);
    value.serialize(&mut serde_json::Serializer::with_formatter(
        &mut out,
        Indented::default(),
    ))?;
    out.push(b'\n');
    Ok(out)
}

/// Formatter behind [`to_vec`], public for serializers that stream.
#[derive(Default)]
pub struct Indented {
    depth: usize,
    /// Whether the object or list that is being written has something in it.
    filled: bool,
}

impl Indented {
    fn begin<W: ?Sized + io::Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        writer.write_all(bracket)
    }

    fn item<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.line(writer, if first { b"\n" } else { b",\n" })
    }

    fn end<W: ?Sized + io::Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.filled {
            self.line(writer, b"\n")?;
        }
        // Whatever it was part of has it in it.
        self.filled = true;
        writer.write_all(bracket)
    }

    fn line<W: ?Sized + io::Write>(&self, writer: &mut W, end: &[u8]) -> io::Result<()> {
        const SPACES: [u8; 64] = [b' '; 64];
        writer.write_all(end)?;
        let mut left = self.depth * 4;
        while left > 0 {
            let some = left.min(SPACES.len());
            writer.write_all(&SPACES[..some])?;
            left -= some;
        }
        Ok(())
    }
}

/// Whether a byte may have to be written otherwise: markup, or the first byte of U+2028 and U+2029.
const fn is_special(byte: u8) -> bool {
    matches!(byte, b'<' | b'>' | b'&' | 0xE2)
}

impl Formatter for Indented {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.item(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.item(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let bytes = fragment.as_bytes();
        // Without an end of the loop inside, the compiler looks at many bytes at once.
        if !bytes.iter().fold(false, |found, byte| found | is_special(*byte)) {
            return writer.write_all(bytes);
        }
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
